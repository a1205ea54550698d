import { stopTime } from '@ringline/testing/time';
import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import type { Replica } from './stack.ts';
import { createUser, type User } from './user.ts';

const stack = setUpStack({ replicas: 2 });
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

beforeAll(async () => {
  // Long enough that no ring of these tests is repeated.
  await stopTime(stack.databaseUrl, Date.now());
});

function coded({ status, body }: { status: number; body: { code?: string } }) {
  return [status, body.code];
}
function body(callee: User) {
  return { type: 'audio', participantIds: [callee.id] };
}
function start(key: string, callee = ben, more: object = {}) {
  return ann.ask('post', '/calls/start', { body: body(callee), key, ...more });
}

test('ten simultaneous starts with the same key make one call, on any replica', async () => {
  const heard = await ben.connect();
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => start('k', ben, { on: stack.replicas[index % 2] })),
  );
  expect(answers.map(coded)).toEqual(Array(10).fill([201, undefined]));
  expect(new Set(answers.map((answer) => answer.body.call.id)).size).toBe(1);
  for (const answer of answers) expect(answer.body.connection.token).toMatch(/^ey/);
  await heard.send('call:sync');
  expect(heard.names().filter((name) => name === 'call:incoming')).toHaveLength(1);
});

test('a repeat returns the first status and the call as it is now', async () => {
  const { body: first } = await start('k');
  await ben.act(first.call.id, 'join');
  const again = await start('k');
  expect(again).toMatchObject({
    status: 201,
    body: { call: { id: first.call.id, state: 'connecting' }, connection: {} },
  });
});

test('the same key with another body is refused', async () => {
  const { body: first } = await start('k');
  expect(coded(await start('k', cleo))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  expect(coded(await ann.act(first.call.id, 'leave', {}, { key: 'k' }))).toEqual([
    422,
    'IDEMPOTENCY_KEY_REUSED',
  ]);
});

test('two users may use the same key', async () => {
  await start('k');
  const answer = await cleo.ask('post', '/calls/start', {
    body: { type: 'audio', participantIds: ['zoe'] },
    key: 'k',
  });
  expect(answer.status).toBe(201);
});

test('an operator and a user of the same name may use the same key', async () => {
  const admin = await createUser(stack, ann.id, { scope: 'admin' });
  const { body: first } = await start('k');
  const ended = await admin.act(first.call.id, 'end', {}, { key: 'k' });
  expect(ended).toMatchObject({ status: 200, body: { call: { endReason: 'admin_ended' } } });
  expect(await admin.act(first.call.id, 'end', {}, { key: 'k' })).toMatchObject({ status: 200 });
});

test('a refusal is repeated as well, even when its cause has passed', async () => {
  await talk(stack, cleo, ben);
  const refused = await start('k');
  expect(coded(refused)).toEqual([409, 'USER_BUSY']);
  await ben.act((await ben.ask('get', '/calls/active')).body.calls[0].id, 'end');
  const again = await start('k');
  expect([coded(again), again.body.callId]).toEqual([[409, 'USER_BUSY'], refused.body.callId]);
});

test('a start refused without LiveKit rings with the same key once LiveKit is back', async () => {
  await stack.livekit.stop();
  try {
    for (const on of stack.replicas) {
      expect(coded(await start('k', ben, { on }))).toEqual([503, 'MEDIA_UNAVAILABLE']);
    }
  } finally {
    await stack.livekit.restart();
  }
  const ringing = await start('k');
  expect(ringing).toMatchObject({ status: 201, body: { call: { state: 'ringing' } } });
  expect((await start('k')).body.call.id).toBe(ringing.body.call.id);
  const { entries } = (await ann.ask('get', '/calls/history')).body;
  const states = entries.map(({ call }: { call: { state: string } }) => call.state);
  expect(states.sort()).toEqual(['failed', 'ringing']);
});

test('a mute refused without LiveKit is applied with the same key once LiveKit is back', async () => {
  const callId = await talk(stack, ann, ben, cleo);
  const away = await stack.startReplica({ LIVEKIT_URL: 'http://127.0.0.1:9' });
  const path = `/calls/${callId}/participants/${ben.id}/mute`;
  const mute = (on: Replica) => ann.ask('post', path, { body: { kind: 'audio' }, key: 'mute', on });
  for (const _ of [1, 2]) {
    expect(coded(await mute(away))).toEqual([503, 'MEDIA_UNAVAILABLE']);
  }
  expect((await mute(stack.replicas[0])).status).toBe(200);
  // The saved result is returned from now on, without a request to LiveKit.
  expect((await mute(away)).status).toBe(200);
});

test('a start that met glare is repeated with the same call', async () => {
  const callId = await ben.call(ann);
  for (const _ of [1, 2]) {
    expect(await start('k')).toMatchObject({
      status: 200,
      body: { merged: true, call: { id: callId }, connection: {} },
    });
  }
});

test('a start by a socket and its repeat by REST make one call', async () => {
  const device = await ann.connect();
  const { data } = await device.send('call:start', { ...body(ben), idempotencyKey: 'k' });
  expect((await start('k')).body.call.id).toBe(data.call.id);
});

test('a repeated invite does not ring again', async () => {
  const callId = await talk(stack, ann, ben);
  const device = await ann.connect();
  const invited = { callId, participantIds: [cleo.id], idempotencyKey: 'k' };
  expect(await device.send('call:invite', invited)).toMatchObject({ ok: true });
  await cleo.act(callId, 'decline');
  expect(await device.send('call:invite', invited)).toMatchObject({ ok: true });
  const again = await ann.act(callId, 'invite', { participantIds: [cleo.id] }, { key: 'k' });
  const [, , invitee] = again.body.call.participants;
  expect([again.status, invitee.state]).toEqual([200, 'declined']);
});

test('a repeated acknowledgement or decline with the same key has no second effect', async () => {
  const callId = await ann.call(ben);
  for (const what of ['ringing', 'decline']) {
    const [first, before] = [
      await ben.act(callId, what, {}, { key: what }),
      await stack.contents(),
    ];
    const again = await ben.act(callId, what, {}, { key: what });
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(await stack.contents()).toEqual(before);
  }
});

test('every POST is carried out once', async () => {
  const callId = await talk(stack, ann, ben, cleo);
  const acts: [User, string, object][] = [
    [ann, `participants/${ben.id}/mute`, { kind: 'audio' }],
    [ann, 'mute-all', {}],
    [ben, 'token', {}],
    [ben, 'join', {}],
    [cleo, 'leave', {}],
    [cleo, 'decline', {}],
    [ann, 'end', {}],
  ];
  for (const [user, what, given] of acts) {
    const first = await user.act(callId, what, given, { key: what });
    const before = await stack.contents();
    const again = await user.act(callId, what, given, { key: what });
    expect([what, again.status, again.status]).toEqual([what, 200, first.status]);
    expect(await stack.contents()).toEqual(before);
  }
});

test('a key is valid for a day', async () => {
  const { body: first } = await start('k');
  await ann.act(first.call.id, 'end');
  await stack.moveTime(24 * 3600_000 + 1000);
  const { status, body: second } = await start('k');
  expect(status).toBe(201);
  expect(second.call.id).not.toBe(first.call.id);
});

describe('a repeat returns no token when the user has lost the right to it', () => {
  const withoutConnection = { status: 200, connection: undefined };
  const seen = ({ status, body: { connection } }: Awaited<ReturnType<typeof start>>) => ({
    status,
    connection,
  });

  test('because the call ended', async () => {
    const { body: first } = await start('k');
    await ann.act(first.call.id, 'end');
    expect(seen(await start('k'))).toEqual({ ...withoutConnection, status: 201 });
  });

  test('because the user left', async () => {
    const callId = await ann.call(ben, cleo);
    await ben.act(callId, 'join', {}, { key: 'k' });
    await cleo.act(callId, 'join');
    await ben.act(callId, 'leave');
    expect(seen(await ben.act(callId, 'join', {}, { key: 'k' }))).toEqual(withoutConnection);
  });

  test('because the user was removed', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    await ben.act(callId, 'token', {}, { key: 'k' });
    await ann.ask('delete', `/calls/${callId}/participants/${ben.id}`);
    expect(seen(await ben.act(callId, 'token', {}, { key: 'k' }))).toEqual(withoutConnection);
  });

  test('because another device took over', async () => {
    const callId = await ann.call(ben);
    const onPhone = { key: 'k', device: 'phone' };
    await ben.act(callId, 'join', {}, onPhone);
    await ben.act(callId, 'join', { takeover: true }, { device: 'tablet' });
    expect(seen(await ben.act(callId, 'join', {}, onPhone))).toEqual(withoutConnection);
  });
});
