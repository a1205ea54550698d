import { until } from '@ringline/testing/until';
import type { Device } from './device.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import { report, roomOf } from './livekit-reports.ts';
import { createUsers, type User } from './user.ts';

/*
 * No worker runs beside these call services: the next command expires the deadlines.
 */

const GRACE_MS = 15_000;
const RING_SECONDS = 180;

let callee: Device;

const stack = setUpStack({ replicas: 2, env: { RECONNECT_GRACE_SECONDS: '15' } });
const [ann, ben] = setUpUsers(stack, 'ann', 'ben');

beforeEach(async () => {
  callee = await ben.connect();
});

async function ring(device?: string): Promise<string> {
  const body = { type: 'audio', participantIds: [ben.id], ringTimeoutSeconds: RING_SECONDS };
  const started = await ann.ask('post', '/calls/start', { body, ...(device && { device }) });
  expect(started.status).toBe(201);
  return started.body.call.id;
}

/** Null while the service assumes that Ann's device has a socket. */
async function disconnectedAt(callId: string): Promise<Date | null> {
  const found = await stack.database.query(
    'SELECT disconnected_at FROM call_participants WHERE call_id = $1 AND user_id = $2',
    [callId, ann.id],
  );
  return found.rows[0].disconnected_at;
}
/**
 * Counts the log lines with this message about a call. One replica may correct at once what another
 * one has reported.
 */
function lines(callId: string, message: string): number {
  return stack
    .log()
    .split('\n')
    .filter((line) => line.includes(`"${message}"`) && line.includes(callId)).length;
}
function isReported(callId: string, times = 1) {
  return until(
    'the device is reported lost',
    () => lines(callId, 'the initiator of an unanswered call has no socket') === times,
  );
}
function isReportedBack(callId: string) {
  return until(
    'the device is reported back',
    () => lines(callId, 'the initiator of an unanswered call has a socket again') === 1,
  );
}

async function callOf(callId: string) {
  return (await ben.ask('get', `/calls/${callId}`)).body.call;
}

async function isGivenUp(callId: string): Promise<void> {
  expect((await ben.act(callId, 'join')).body).toMatchObject({ code: 'CALL_ENDED' });
  expect(await callOf(callId)).toMatchObject({
    state: 'cancelled',
    endReason: 'connection_lost',
    endedBy: null,
  });
  expect(await callee.next('call:ringing_stopped')).toMatchObject({ callId, cause: 'cancelled' });
  expect(await callee.next('call:ended')).toMatchObject({ callId, reason: 'connection_lost' });
  const [entry] = (await ben.ask('get', '/calls/history')).body.entries;
  expect(entry).toMatchObject({ call: { id: callId }, outcome: 'missed' });
}

async function canBeAnswered(callId: string): Promise<void> {
  expect(await ben.act(callId, 'join')).toMatchObject({ status: 200 });
}

test('a caller whose device had no socket for the grace period is given up', async () => {
  const phone = await ann.connect('phone');
  const callId = await ring('phone');
  phone.close();
  await isReported(callId);
  await stack.moveTime(GRACE_MS / 2);
  expect(await ben.act(callId, 'ringing')).toMatchObject({ status: 200 });
  await stack.moveTime(GRACE_MS / 2);
  await isGivenUp(callId);
});

test('a caller who is back on another replica keeps the call', async () => {
  const phone = await ann.connect('phone');
  const callId = await ring('phone');
  phone.close();
  await isReported(callId);
  await ann.connect('phone', stack.replicas[1]);
  await isReportedBack(callId);
  await stack.moveTime(GRACE_MS);
  await canBeAnswered(callId);
});

test('a late report of one replica is corrected by the replica that has a socket of the device', async () => {
  const old = await ann.connect('phone');
  const callId = await ring('phone');
  await ann.connect('phone', stack.replicas[1]);
  old.close();
  await isReported(callId);
  await isReportedBack(callId);
  await stack.moveTime(GRACE_MS);
  await canBeAnswered(callId);
});

test('another socket of the device at the same replica keeps the call', async () => {
  const [one] = [await ann.connect('phone'), await ann.connect('phone')];
  const callId = await ring('phone');
  one.close();
  // The second caller, whose only device is lost later, is also reported later.
  const [cleo, dan] = (await createUsers(stack, 'cleo', 'dan')) as [User, User];
  const other = await cleo.connect('phone');
  const started = await cleo.ask('post', '/calls/start', {
    body: { type: 'audio', participantIds: [dan.id] },
    device: 'phone',
  });
  other.close();
  await isReported(started.body.call.id);
  expect(await disconnectedAt(callId)).toBeNull();
  for (const user of [cleo, dan]) user.forget();
});

test('another device of the caller does not keep the call', async () => {
  const phone = await ann.connect('phone');
  await ann.connect('laptop');
  const callId = await ring('phone');
  phone.close();
  await isReported(callId);
  await stack.moveTime(GRACE_MS);
  await isGivenUp(callId);
});

test('any socket of a caller without a named device keeps the call', async () => {
  const [phone, laptop] = [await ann.connect('phone'), await ann.connect('laptop')];
  const callId = await ring();
  phone.close();
  laptop.close();
  await isReported(callId);
  await ann.connect('tablet');
  await isReportedBack(callId);
});

test('a device without an id may come back as another one', async () => {
  const nameless = await ann.connect();
  const body = { type: 'audio', participantIds: [ben.id] };
  const { data } = await nameless.send('call:start', body);
  const callId = data.call.id;
  nameless.close();
  await isReported(callId);
  const again = await ann.connect();
  await isReportedBack(callId);
  again.close();
  await isReported(callId, 2);
  await stack.moveTime(GRACE_MS);
  await isGivenUp(callId);
});

test('a call that was started by REST alone rings on', async () => {
  const callId = await ring('phone');
  await stack.moveTime(GRACE_MS * 2);
  await canBeAnswered(callId);
});

test("a caller in LiveKit's room keeps the call until LiveKit gives them up as well", async () => {
  const phone = await ann.connect('phone');
  const callId = await ring('phone');
  const room = await roomOf(stack, callId);
  const participant = { identity: ann.id, sid: 'PA_1', joinedAtMs: Date.now() };
  await report(stack, { event: 'participant_joined', room, participant });
  phone.close();
  await isReported(callId);
  await stack.moveTime(GRACE_MS);
  expect(await ben.act(callId, 'ringing')).toMatchObject({ status: 200 });
  await report(stack, {
    event: 'participant_left',
    room,
    participant: { ...participant, disconnectReason: 'CONNECTION_TIMEOUT' },
  });
  await isGivenUp(callId);
});

test('a replica that shuts down does not report its devices as lost', async () => {
  const on = await stack.startReplica({});
  await ann.connect('phone', on);
  const callId = await ring('phone');
  await on.close();
  expect(await disconnectedAt(callId)).toBeNull();
  await stack.moveTime(GRACE_MS);
  await canBeAnswered(callId);
});

test('a report that the database refused is repeated', async () => {
  const phone = await ann.connect('phone');
  const callId = await ring('phone');
  await stack.database.query('ALTER TABLE calls RENAME COLUMN answered_at TO away');
  const failures = () =>
    stack
      .log()
      .split('\n')
      .filter((line) => line.includes('job failed') && line.includes('"job":"initiators"')).length;
  const before = failures();
  phone.close();
  await until('two reports have failed', () => failures() >= before + 4);
  await stack.database.query('ALTER TABLE calls RENAME COLUMN away TO answered_at');
  await isReported(callId);
});
