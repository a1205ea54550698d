import { setTimeout as delay } from 'node:timers/promises';
import { stopTime } from '@ringline/testing/time';
import { talk } from './calls.ts';
import { setUp, setUpUsers } from './fixture.ts';
import { startProcesses } from './processes.ts';
import { createUser, createUsers, type User } from './user.ts';

/*
 * Simultaneous commands of several users, on two call services that run as processes.
 */

// Defined before the processes, so that it runs before they are stopped.
afterAll(async () => {
  const { rows } = await place.database.query(
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  );
  expect(rows).toEqual([{ deadlocks: 0 }]);
  expect(place.output()).not.toMatch(/error: |a request failed/);
});
const place = setUp(() => startProcesses(2));
const [ann, ben] = setUpUsers(place, 'ann', 'ben');
beforeAll(async () => {
  // Long enough that no ring of these tests is repeated.
  await stopTime(place.databaseUrl, Date.now());
});

function times<Value>(count: number, make: (index: number) => Value): Value[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
function replicaFor(index: number) {
  return place.replicas[index % 2] ?? place.replicas[0];
}
function countOf(codes: unknown[]) {
  const counts: Record<string, number> = {};
  for (const code of codes) counts[String(code)] = (counts[String(code)] ?? 0) + 1;
  return counts;
}
function start(caller: User, callee: User, replica: number) {
  return caller.ask('post', '/calls/start', {
    body: { type: 'audio', participantIds: [callee.id] },
    on: replicaFor(replica),
  });
}

test('a hundred simultaneous starts at one callee from two replicas: one wins, and the others end as busy', async () => {
  const callers = await Promise.all(times(100, (index) => createUser(place, `caller-${index}`)));
  const heard = await ben.connect('phone', place.replicas[1]);
  const answers = await Promise.all(callers.map((caller, index) => start(caller, ben, index)));
  expect(countOf(answers.map(({ status, body }) => body.code ?? status))).toEqual({
    201: 1,
    USER_BUSY: 99,
  });
  const winner = answers.find(({ status }) => status === 201);
  await heard.next('call:incoming');
  await heard.send('call:sync');
  const rings = heard.heard.filter(({ name }) => name === 'call:incoming');
  expect(rings.map(({ payload }) => payload.callId)).toEqual([winner?.body.call.id]);
});

test('fifty pairs who call each other at the same moment make fifty calls', async () => {
  const callIdsOf = async (): Promise<string[]> => {
    const [one, other] = (await createUsers(place, 'one', 'other')) as [User, User];
    const answers = await Promise.all([start(one, other, 0), start(other, one, 1)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 201]);
    return answers.map(({ body }) => body.call.id);
  };
  const pairs = await Promise.all(times(50, callIdsOf));
  for (const [first, second] of pairs) expect(first).toBe(second);
  expect(new Set(pairs.flat()).size).toBe(50);
});

test('a simultaneous accept and cancel: one wins, and both users hear the same', async () => {
  const race = async () => {
    const [one, other] = (await createUsers(place, 'one', 'other')) as [User, User];
    const callId = await one.call(other);
    const [accepted, ended] = await Promise.all([
      other.ask('post', `/calls/${callId}/join`, { on: replicaFor(1) }),
      one.ask('post', `/calls/${callId}/end`),
    ]);
    const { state } = (await one.ask('get', `/calls/${callId}`)).body.call;
    expect(ended.status).toBe(200);
    expect([accepted.status, accepted.body.code, state]).toEqual(
      accepted.status === 200 ? [200, undefined, 'ended'] : [409, 'CALL_ENDED', 'cancelled'],
    );
  };
  await Promise.all(times(10, race));
});

/** Different delays give different interleavings: all at once, or a few milliseconds apart. */
test.each([0, 0, 2, 5, 20])(
  'ten devices on two replicas accept within %i ms: the first is in the call, and the others stop ringing',
  async (spread) => {
    const devices = await Promise.all(
      times(10, (index) => ben.connect(`device-${index}`, replicaFor(index))),
    );
    const callId = await ann.call(ben);
    await Promise.all(devices.map((device) => device.next('call:incoming')));
    const answers = await Promise.all(
      devices.map(async (device) => {
        await delay(Math.random() * spread);
        return device.send('call:accept', { callId });
      }),
    );
    const codes = answers.map(({ ok, error }) => (ok ? 'in' : error.code));
    expect(countOf(codes)).toEqual({ in: 1, ANSWERED_ELSEWHERE: 9 });
    const [winner] = devices.splice(codes.indexOf('in'), 1);
    for (const device of devices) {
      expect(await device.next('call:ringing_stopped')).toMatchObject({
        callId,
        cause: 'answered_elsewhere',
      });
    }
    const accepted = await winner?.next('call:accepted');
    expect(accepted.deviceId).toBe(`device-${codes.indexOf('in')}`);
    expect(winner?.names()).not.toContain('call:ringing_stopped');
    await ann.act(callId, 'end');
  },
);

test('the events of one replica arrive at the other, in order', async () => {
  const heard = await ben.connect('phone', place.replicas[1]);
  const callId = await ann.call(ben);
  expect(await heard.next('call:incoming')).toMatchObject({ callId });
  await heard.send('call:accept', { callId });
  await ann.act(callId, 'end');
  await heard.next('call:ended');
  const seqs = heard.heard.filter(({ payload }) => payload.at).map(({ payload }) => payload.seq);
  expect(seqs).toEqual([1, 2, 3, 4, 5]);
});

test('a call in which all leave at once has no participant left', async () => {
  const [cleo, dan] = (await createUsers(place, 'cleo', 'dan')) as [User, User];
  const callId = await talk(place, ann, ben, cleo, dan);
  const answers = await Promise.all(
    [ann, ben, cleo, dan].map((user, index) =>
      user.act(callId, 'leave', {}, { on: replicaFor(index) }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const { call } = (await ann.ask('get', `/calls/${callId}`)).body;
  const states = call.participants.map((one: { state: string }) => one.state);
  expect([call.state, ...states]).toEqual(['ended', 'left', 'left', 'left', 'left']);
});
