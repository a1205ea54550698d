import { type Attendance, attendRoom, closeMedia } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import { RoomServiceClient } from 'livekit-server-sdk';
import { setUpStack, setUpUsers } from './fixture.ts';
import { roomOf } from './livekit-reports.ts';
import { createUser, type User } from './user.ts';

let rooms: RoomServiceClient;
let seats: Attendance[];

// Defined before the stack, so that it runs before the stack is closed.
afterAll(closeMedia);
const stack = setUpStack({ webhooks: true });
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

beforeAll(async () => {
  const { url, apiKey, apiSecret } = stack.livekit;
  rooms = new RoomServiceClient(url, apiKey, apiSecret);
});
beforeEach(() => {
  seats = [];
});
afterEach(async () => {
  await Promise.all(seats.map((seat) => seat.leave()));
});

async function sit({ token }: { token: string }): Promise<Attendance> {
  const seat = await attendRoom({ url: stack.livekit.publicUrl, token });
  seats.push(seat);
  return seat;
}
async function start(...others: User[]) {
  const participantIds = others.map(({ id }) => id);
  const started = await ann.ask('post', '/calls/start', {
    body: { type: 'audio', participantIds },
  });
  return { callId: started.body.call.id as string, connection: started.body.connection };
}
async function join(user: User, callId: string, options: { device?: string } = {}, body = {}) {
  return (await user.act(callId, 'join', body, options)).body.connection;
}
async function inRoom(callId: string): Promise<string[]> {
  const listed = await rooms.listParticipants(await roomOf(stack, callId));
  return listed.map(({ identity }) => identity).sort();
}
async function stateOf(callId: string) {
  return (await ann.ask('get', `/calls/${callId}`)).body.call.state;
}

test('two users connect to the room, and the end of the call disconnects them', async () => {
  const heard = await ann.connect();
  const { callId, connection } = await start(ben);
  const caller = await sit(connection);
  const callee = await sit(await join(ben, callId));
  await heard.next('call:state_changed', ({ state }) => state === 'connected');
  await ann.act(callId, 'end');
  await Promise.all([caller.over, callee.over]);
  const room = await roomOf(stack, callId);
  await until('the room is deleted', async () => (await rooms.listRooms([room])).length === 0);
});

test.each([
  ['constructor', '__proto__'],
  ['👩‍👩‍👧', '@alice:example.org'],
  ["o'brien@example.com", '🎈'.repeat(128)],
])('%s and %s talk, and LiveKit knows them by these names', async (one, other) => {
  // A name with the highest allowed number of bytes.
  const claims = { name: '山'.repeat(128) };
  const [caller, callee] = await Promise.all([
    createUser(stack, one, claims),
    createUser(stack, other, claims),
  ]);
  const heard = await caller.connect();
  const { body } = await caller.ask('post', '/calls/start', {
    body: { type: 'audio', participantIds: [callee.id] },
  });
  const callId: string = body.call.id;
  await sit(body.connection);
  const seat = await sit(await join(callee, callId));
  await heard.next('call:state_changed', ({ state }) => state === 'connected');
  expect(await inRoom(callId)).toEqual([one, other].sort());
  await seat.leave();
  await callee.act(callId, 'leave');
  await heard.next('call:ended', (ended) => ended.callId === callId);
});

test('a removed user is disconnected, and again after joining with the same token', async () => {
  const heard = await ann.connect();
  const { callId, connection } = await start(ben, cleo);
  const kept = await join(ben, callId);
  await sit(connection);
  await sit(await join(cleo, callId));
  const removed = await sit(kept);
  await heard.next('call:participant_joined', ({ userId }) => userId === ben.id);
  await ann.ask('delete', `/calls/${callId}/participants/${ben.id}`);
  await removed.over;
  const again = await sit(kept);
  await again.over;
  expect(await inRoom(callId)).not.toContain(ben.id);
  expect((await ben.act(callId, 'token')).body.code).toBe('NOT_ALLOWED');
});

test('a takeover leaves only the new session', async () => {
  const { callId, connection } = await start(ben);
  await sit(connection);
  const phone = await sit(await join(ben, callId, { device: 'phone' }));
  const tablet = await sit(await join(ben, callId, { device: 'tablet' }, { takeover: true }));
  await phone.over;
  expect(await inRoom(callId)).toEqual([ann.id, ben.id].sort());
  expect(tablet.isConnected()).toBe(true);
  await until('the call is connected', async () => (await stateOf(callId)) === 'connected');
});

test("the host mutes a participant's track in LiveKit", async () => {
  const { callId, connection } = await start(ben, cleo);
  await sit(connection);
  const seat = await sit(await join(ben, callId));
  await seat.speak();
  await sit(await join(cleo, callId));
  const answer = await ann.act(callId, `participants/${ben.id}/mute`, { kind: 'audio' });
  expect(answer).toMatchObject({ status: 200, body: { participant: { audioEnabled: false } } });
  await seat.muted;
});
