import { randomUUID } from 'node:crypto';
import { until } from '@ringline/testing/until';
import type { Device } from './device.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import type { User } from './user.ts';

let device: Device;

const stack = setUpStack();
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

beforeEach(async () => {
  device = await ann.connect();
});

function startOf(...participantIds: string[]) {
  return {
    type: 'audio',
    participantIds,
    idempotencyKey: randomUUID(),
  };
}
async function activeCalls(user: User) {
  return (await user.ask('get', '/calls/active')).body.calls as { id: string; state: string }[];
}

test('a cancelled start stops ringing', async () => {
  const start = startOf(ben.id);
  const { data } = await device.send('call:start', start);
  expect(await device.send('call:cancel_start', start)).toEqual({ ok: true, data: {} });
  const { body } = await ann.ask('get', `/calls/${data.call.id}`);
  expect(body.call).toMatchObject({ state: 'cancelled', endReason: 'cancelled' });
  expect(await device.send('call:cancel_start', start)).toEqual({ ok: true, data: {} });
});

test('a start that arrives after its cancellation rings no callee', async () => {
  const start = startOf(ben.id);
  expect(await device.send('call:cancel_start', start)).toEqual({ ok: true, data: {} });
  expect(await device.send('call:start', start)).toMatchObject({
    ok: false,
    error: { code: 'INVALID_STATE', message: 'This start was cancelled.' },
  });
  expect(await activeCalls(ben)).toEqual([]);
  expect(await device.send('call:start', startOf(ben.id))).toMatchObject({ ok: true });
});

test('a start that is cancelled while it is decided stops ringing', async () => {
  for (let times = 0; times < 10; times += 1) {
    const start = startOf(ben.id);
    await Promise.all([device.send('call:start', start), device.send('call:cancel_start', start)]);
    await until('the ring stops', async () => (await activeCalls(ben)).length === 0);
  }
});

test('the caller leaves a group in which others already talk, and it goes on', async () => {
  const start = startOf(ben.id, cleo.id);
  const { data } = await device.send('call:start', start);
  for (const user of [ben, cleo]) await user.act(data.call.id, 'join');
  await device.send('call:cancel_start', start);
  expect(await activeCalls(ann)).toEqual([]);
  expect(await activeCalls(ben)).toMatchObject([{ id: data.call.id }]);
});

test("cancelling a start does not cancel another user's start with the same key", async () => {
  const start = startOf(ben.id);
  await (await cleo.connect()).send('call:cancel_start', start);
  expect(await device.send('call:start', start)).toMatchObject({ ok: true });
});
