import { type Attendance, attendRoom, closeMedia } from '@ringline/testing/room';
import { RoomServiceClient } from 'livekit-server-sdk';
import { roomOf } from './livekit-reports.ts';
import { type Stack, startStack } from './stack.ts';
import { createUser, createUsers, type User } from './user.ts';

let stack: Stack;
let rooms: RoomServiceClient;
let seats: Attendance[];
let users: User[];
let ann: User;
let ben: User;
let cleo: User;

beforeAll(async () => {
  stack = await startStack({ webhooks: true });
  const { url, apiKey, apiSecret } = stack.livekit;
  rooms = new RoomServiceClient(url, apiKey, apiSecret);
});
afterAll(async () => {
  await closeMedia();
  await stack.close();
});
beforeEach(async () => {
  seats = [];
  users = await createUsers(stack, 'ann', 'ben', 'cleo');
  [ann, ben, cleo] = users as [User, User, User];
});
afterEach(async () => {
  for (const user of users) user.forget();
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
async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) expect(Date.now()).toBeLessThan(deadline);
}
async function stateOf(callId: string) {
  return (await ann.ask('get', `/calls/${callId}`)).body.call.state;
}

test('two who go in are connected, and the end of the call puts them out', async () => {
  const heard = await ann.connect();
  const { callId, connection } = await start(ben);
  const caller = await sit(connection);
  const callee = await sit(await join(ben, callId));
  await heard.next('call:state_changed', ({ state }) => state === 'connected');
  await ann.act(callId, 'end');
  await Promise.all([caller.over, callee.over]);
  await until(async () => (await rooms.listRooms([await roomOf(stack, callId)])).length === 0);
});

test.each([
  ['constructor', '__proto__'],
  ['👩‍👩‍👧', '@alice:example.org'],
  ["o'brien@example.com", '🎈'.repeat(128)],
])('%s and %s talk, and LiveKit knows them by these names', async (one, other) => {
  // A name of as many bytes as one may have.
  const claims = { name: '山'.repeat(128) };
  const [caller, callee] = await Promise.all([
    createUser(stack, one, claims),
    createUser(stack, other, claims),
  ]);
  users.push(caller, callee);
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
  await heard.next('call:ended', (told) => told.callId === callId);
});

test('a kick sticks: one who was removed is put out, and put out again with the same token', async () => {
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

test('a takeover leaves one session, the new one', async () => {
  const { callId, connection } = await start(ben);
  await sit(connection);
  const phone = await sit(await join(ben, callId, { device: 'phone' }));
  const tablet = await sit(await join(ben, callId, { device: 'tablet' }, { takeover: true }));
  await phone.over;
  expect(await inRoom(callId)).toEqual([ann.id, ben.id].sort());
  expect(tablet.isConnected()).toBe(true);
  await until(async () => (await stateOf(callId)) === 'connected');
});

test('the host mutes for real', async () => {
  const { callId, connection } = await start(ben, cleo);
  await sit(connection);
  const seat = await sit(await join(ben, callId));
  await seat.speak();
  await sit(await join(cleo, callId));
  const answer = await ann.act(callId, `participants/${ben.id}/mute`, { kind: 'audio' });
  expect(answer).toMatchObject({ status: 200, body: { participant: { audioEnabled: false } } });
  await seat.muted;
});
