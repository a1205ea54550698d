import { setTimeout as delay } from 'node:timers/promises';
import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import type { User } from './user.ts';

const BURST = 8;

const stack = setUpStack({
  replicas: 2,
  env: { RATE_LIMIT_TOGGLE_BURST: String(BURST), RATE_LIMIT_TOGGLES_PER_SECOND: '1' },
});
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

function toggle(user: User, callId: string, audioEnabled: boolean, replica = 0) {
  const on = stack.replicas[replica] ?? stack.replicas[0];
  return user.ask('patch', `/calls/${callId}/participant`, { body: { audioEnabled }, on });
}
async function exhaust(user: User, callId: string): Promise<void> {
  for (let nth = 0; nth < BURST; nth += 1) {
    expect((await toggle(user, callId, nth % 2 === 0, nth % 2)).status).toBe(200);
  }
}

test('toggles of a user in one call are limited on all replicas together, and the refusal names the time to wait', async () => {
  const callId = await talk(stack, ann, ben);
  await exhaust(ann, callId);
  const device = await ann.connect();
  const before = await stack.contents();
  for (const replica of [0, 1]) {
    const refused = await toggle(ann, callId, true, replica);
    expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  }
  for (const kind of ['audio', 'video', 'screen_share']) {
    expect(await device.send(`call:toggle_${kind}`, { callId, enabled: true })).toMatchObject({
      ok: false,
      error: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
    });
  }
  expect(await stack.contents()).toEqual(before);
});

test('toggles of one user do not count for others, nor for their next call', async () => {
  const callId = await talk(stack, ann, ben, cleo);
  await exhaust(ann, callId);
  expect((await toggle(ann, callId, true)).status).toBe(429);
  expect((await toggle(ben, callId, false)).status).toBe(200);
  await ann.act(callId, 'end');
  const next = await talk(stack, ann, ben);
  expect((await toggle(ann, next, false)).status).toBe(200);
});

test('toggles are accepted again after the time', async () => {
  const callId = await talk(stack, ann, ben);
  await exhaust(ann, callId);
  const refused = await toggle(ann, callId, true);
  await delay(Number(refused.headers['retry-after']) * 1000);
  expect((await toggle(ann, callId, true)).status).toBe(200);
});
