import { talk } from './calls.ts';
import { type Stack, startStack } from './stack.ts';
import { createUser, createUsers, type User } from './user.ts';

let stack: Stack;
let ann: User;
let ben: User;

beforeAll(async () => {
  stack = await startStack({ replicas: 2 });
});
afterAll(() => stack.close());
beforeEach(async () => {
  [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
});
afterEach(() => {
  ann.forget();
  ben.forget();
});

const replicaFor = (index: number) => stack.replicas[index % 2] ?? stack.replicas[0];
const countOf = (codes: unknown[]) => {
  const counts: Record<string, number> = {};
  for (const code of codes) counts[String(code)] = (counts[String(code)] ?? 0) + 1;
  return counts;
};

test('a hundred starts at one callee from two replicas: one wins, and the others are told busy', async () => {
  const callers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => createUser(stack, `caller-${index}`)),
  );
  const heard = await ben.connect('phone', stack.replicas[1]);
  const answers = await Promise.all(
    callers.map((caller, index) =>
      caller.ask('post', '/calls/start', {
        body: { type: 'audio', participantIds: [ben.id] },
        on: replicaFor(index),
      }),
    ),
  );
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

test('two who call each other at the same moment end in one call, whoever comes first', async () => {
  for (let round = 0; round < 10; round += 1) {
    const [one, other] = (await createUsers(stack, 'one', 'other')) as [User, User];
    const start = (user: User, callee: User, on = replicaFor(0)) =>
      user.ask('post', '/calls/start', {
        body: { type: 'audio', participantIds: [callee.id] },
        on,
      });
    const answers = await Promise.all([start(one, other), start(other, one, replicaFor(1))]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 201]);
    const [first, second] = answers.map(({ body }) => body.call.id);
    expect(first).toBe(second);
  }
});

test('of an accept and a cancel at the same moment one wins, and both are told the same', async () => {
  for (let round = 0; round < 10; round += 1) {
    const [one, other] = (await createUsers(stack, 'one', 'other')) as [User, User];
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
  }
});

test('ten devices that accept at once: one gets in', async () => {
  const callId = await ann.call(ben);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      ben.act(callId, 'join', {}, { device: `d${index}`, on: replicaFor(index) }),
    ),
  );
  expect(countOf(answers.map(({ status, body }) => body.code ?? status))).toEqual({
    200: 1,
    ANSWERED_ELSEWHERE: 9,
  });
});

test('what happens on one replica is heard on the other, in order', async () => {
  const heard = await ben.connect('phone', stack.replicas[1]);
  const callId = await ann.call(ben);
  expect(await heard.next('call:incoming')).toMatchObject({ callId });
  await heard.send('call:accept', { callId });
  await ann.act(callId, 'end');
  await heard.next('call:ended');
  const seqs = heard.heard.filter(({ payload }) => payload.at).map(({ payload }) => payload.seq);
  expect(seqs).toEqual([1, 2, 3, 4, 5]);
});

test('everybody leaving at once leaves nobody in the call', async () => {
  const [cleo, dan] = (await createUsers(stack, 'cleo', 'dan')) as [User, User];
  const callId = await talk(stack, ann, ben, cleo, dan);
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
