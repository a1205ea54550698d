import { createHash } from 'node:crypto';
import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import type { User } from './user.ts';

/*
 * A request may be repeated at a process of another release: its digest must stay the same, byte
 * for byte.
 */

const stack = setUpStack();
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
async function keptDigest({ id }: User, key: string): Promise<string> {
  const { rows } = await stack.database.query(
    'SELECT fingerprint FROM idempotency_keys WHERE user_id = $1 AND key = $2',
    [id, key],
  );
  return rows[0]?.fingerprint;
}

test('a start has the same digest by REST and by socket, in any order of its fields', async () => {
  const wanted = (callee: string) =>
    digest(
      `["start",{"type":"audio","participantIds":["${callee}"],"mode":"group","conversationId":"c","metadata":{"b":1,"a":2},"ringTimeoutSeconds":20}]`,
    );
  const body = {
    ringTimeoutSeconds: 20,
    metadata: { b: 1, a: 2 },
    conversationId: 'c',
    mode: 'group',
    participantIds: [ben.id],
    type: 'audio',
  };
  const started = await ann.ask('post', '/calls/start', { body, key: 'rest' });
  expect(await keptDigest(ann, 'rest')).toBe(wanted(ben.id));
  await ann.act(started.body.call.id, 'end');
  const device = await ann.connect();
  await device.send('call:start', { idempotencyKey: 'socket', ...body });
  expect(await keptDigest(ann, 'socket')).toBe(wanted(ben.id));
  await device.send('call:cancel_start', { idempotencyKey: 'never', ...body });
  expect(await keptDigest(ann, 'never')).toBe(wanted(ben.id));
});

test('an invite has the same digest by REST and by socket', async () => {
  const callId = await talk(stack, ann, ben);
  const wanted = digest(`["invite",{"callId":"${callId}","participantIds":["${cleo.id}"]}]`);
  await ann.act(callId, 'invite', { participantIds: [cleo.id] }, { key: 'rest' });
  expect(await keptDigest(ann, 'rest')).toBe(wanted);
  const device = await ann.connect();
  const payload = { idempotencyKey: 'socket', participantIds: [cleo.id], callId };
  await device.send('call:invite', payload);
  expect(await keptDigest(ann, 'socket')).toBe(wanted);
});

test('each command of a call has the digest of release 0.1', async () => {
  const callId = await talk(stack, ann, ben, cleo);
  const sample = {
    at: new Date().toISOString(),
    direction: 'send',
    jitterMs: 1,
    packetLossPercent: 0,
    roundTripMs: 9,
  };
  const asked: [User, string, object, string][] = [
    [ben, 'ringing', {}, `["ring_ack",{"callId":"${callId}"}]`],
    [
      ben,
      'join',
      { rejoin: false, takeover: true },
      `["join",{"callId":"${callId}","takeover":true,"rejoin":false}]`,
    ],
    [ben, 'token', { takeover: true }, `["token",{"callId":"${callId}","takeover":true}]`],
    [ben, 'decline', { reason: 'busy' }, `["decline",{"callId":"${callId}","reason":"busy"}]`],
    [
      ann,
      `participants/${ben.id}/mute`,
      { kind: 'video' },
      `["mute",{"callId":"${callId}","userId":"${ben.id}","kind":"video"}]`,
    ],
    [ann, 'mute-all', {}, `["mute_all",{"callId":"${callId}"}]`],
    [
      ben,
      'quality',
      { samples: [sample] },
      `["quality",{"callId":"${callId}","samples":[${JSON.stringify(sample)}]}]`,
    ],
    [
      ben,
      'rating',
      { comment: 'good', stars: 5 },
      `["rating",{"callId":"${callId}","stars":5,"comment":"good"}]`,
    ],
    [cleo, 'leave', {}, `["leave",{"callId":"${callId}"}]`],
    [ann, 'end', {}, `["end",{"callId":"${callId}"}]`],
  ];
  for (const [user, what, body, text] of asked) {
    await user.act(callId, what, body, { key: what });
    expect([what, await keptDigest(user, what)]).toEqual([what, digest(text)]);
  }
});
