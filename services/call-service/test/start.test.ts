import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import type { User } from './user.ts';

const stack = setUpStack({ env: { MAX_PARTICIPANTS: '4', RING_TIMEOUT_SECONDS: '30' } });
const [ann, ben, cleo, dan] = setUpUsers(stack, 'ann', 'ben', 'cleo', 'dan');

function start(user: User, participantIds: string[], more: object = {}) {
  return user.ask('post', '/calls/start', { body: { type: 'audio', participantIds, ...more } });
}

test('a call to one user is direct, a call to several is a group with the caller as host', async () => {
  const direct = await start(ann, [ben.id]);
  expect(direct).toMatchObject({ status: 201, body: { call: { mode: 'direct', hostId: null } } });
  const group = await start(cleo, [dan.id, 'nobody-1']);
  expect(group).toMatchObject({ status: 201, body: { call: { mode: 'group', hostId: cleo.id } } });
});

test('a start returns every field of its request', async () => {
  const said = {
    type: 'video',
    mode: 'group',
    conversationId: 'c-1',
    metadata: { order: [1, 'é'] },
  };
  const { body } = await start(ann, [ben.id], { ...said, ringTimeoutSeconds: 90 });
  expect(body.call).toMatchObject(said);
  const [caller, callee] = body.call.participants;
  expect(caller).toMatchObject({
    userId: ann.id,
    name: 'ann',
    state: 'joining',
    videoEnabled: true,
  });
  expect(callee).toMatchObject({ userId: ben.id, state: 'invited', invitedBy: ann.id });
  const rings = Date.parse(callee.ringExpiresAt) - Date.parse(callee.invitedAt);
  expect(rings).toBe(90_000);
});

test('the caller gets credentials for LiveKit, bound to them and to this room', async () => {
  const { body } = await start(ann, [ben.id]);
  const claims = JSON.parse(
    Buffer.from(body.connection.token.split('.')[1], 'base64url').toString(),
  );
  expect(claims).toMatchObject({ sub: ann.id, name: 'ann', video: { roomJoin: true } });
  expect(claims.video).not.toHaveProperty('roomAdmin');
  expect(claims.video).not.toHaveProperty('roomCreate');
});

test('a callee in another call makes a direct call busy, which is recorded', async () => {
  await talk(stack, ann, ben);
  const { status, body } = await start(cleo, [ben.id]);
  expect({ status, code: body.code }).toEqual({ status: 409, code: 'USER_BUSY' });
  const recorded = await cleo.ask('get', `/calls/${body.callId}`);
  expect(recorded.body.call).toMatchObject({ state: 'busy', endReason: 'busy' });
});

test('a callee in another call hears of the missed call at once, on every device', async () => {
  await talk(stack, ann, ben);
  const devices = await Promise.all([ben.connect('phone'), ben.connect('laptop')]);
  const { body } = await start(cleo, [ben.id]);
  for (const device of devices) {
    expect(await device.next('call:missed_busy')).toMatchObject({
      callId: body.callId,
      call: { id: body.callId, initiatorId: cleo.id, state: 'busy' },
    });
    expect(device.names()).not.toContain('call:incoming');
  }
});

test('a caller in another call gets its id in the refusal', async () => {
  const existingCallId = await talk(stack, ann, ben);
  const { status, body } = await start(ann, [cleo.id]);
  expect({ status, body }).toMatchObject({
    status: 409,
    body: { code: 'CALLER_BUSY', existingCallId },
  });
});

test('busy users of a group are busy at once, and the others ring', async () => {
  await talk(stack, ann, ben);
  const heard = await dan.connect();
  const { status, body } = await start(cleo, [ben.id, dan.id]);
  expect(status).toBe(201);
  expect(body.call.participants.map((one: { state: string }) => one.state)).toEqual([
    'joining',
    'busy',
    'invited',
  ]);
  await heard.next('call:incoming');
});

test('more users than a call has seats are refused', async () => {
  const { status, body } = await start(ann, ['p-1', 'p-2', 'p-3', 'p-4']);
  expect({ status, code: body.code }).toEqual({ status: 409, code: 'CALL_FULL' });
});

test('a user cannot call themselves', async () => {
  const { status, body } = await start(ann, [ann.id]);
  expect({ status, body }).toMatchObject({
    status: 400,
    body: { code: 'VALIDATION_FAILED', errors: [{ path: 'participantIds' }] },
  });
});

test('a callee whose ring has expired is not busy, even before a worker expires it', async () => {
  const callId = await ann.call(ben);
  await stack.moveTime(31_000);
  const again = await start(cleo, [ben.id]);
  expect(again.status).toBe(201);
  const { body } = await ann.ask('get', `/calls/${callId}`);
  expect(body.call).toMatchObject({ state: 'missed', endReason: 'no_answer' });
});

test('glare ends in one call', async () => {
  const heard = await ann.connect();
  const callId = await ann.call(ben);
  const merged = await start(ben, [ann.id]);
  expect(merged).toMatchObject({
    status: 200,
    body: { merged: true, call: { id: callId, state: 'connecting' }, connection: {} },
  });
  expect(await heard.next('call:accepted')).toMatchObject({ callId, userId: ben.id });
  const history = await ben.ask('get', '/calls/history');
  expect(history.body.entries).toHaveLength(1);
});

test('a call without LiveKit is recorded as failed and does not ring', async () => {
  const heard = await ben.connect();
  const on = await stack.startReplica({ LIVEKIT_URL: 'http://127.0.0.1:9' });
  const body = { type: 'audio', participantIds: [ben.id] };
  const refused = await ann.ask('post', '/calls/start', { body, on });
  expect(refused).toMatchObject({ status: 503, body: { code: 'MEDIA_UNAVAILABLE' } });
  const history = await ann.ask('get', '/calls/history');
  expect(history.body.entries).toMatchObject([
    { call: { state: 'failed', endReason: 'media_failure' }, outcome: 'failed' },
  ]);
  await heard.send('call:sync');
  expect(heard.names()).toEqual(['call:sync']);
});
