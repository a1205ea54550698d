import type { Call, Stats } from '@ringline/contract';
import { stopTime } from '@ringline/testing/time';
import { type Course, courses, TALK_SECONDS } from './courses.ts';
import { setUpStack } from './fixture.ts';
import { createUser, createUsers, type User } from './user.ts';

/*
 * The outcomes that calls had for their participants. Every course of a call is played once, each
 * with its own users; the clock moves only when a course moves it, so that every duration is known.
 */

let admin: User;

const CONVERSATION = 'of/ann & ben';

interface Played extends Course {
  callId: string;
  people: User[];
}
const played: Played[] = [];

async function playOne(course: Course): Promise<Played> {
  const [ann, ben, cleo] = (await createUsers(stack, 'ann', 'ben', 'cleo')) as [User, User, User];
  const people = course.group ? [ann, ben, cleo] : [ann, ben];
  const participantIds = people.slice(1).map(({ id }) => id);
  const { body } = await ann.ask('post', '/calls/start', {
    body: { type: 'audio', participantIds, conversationId: CONVERSATION },
  });
  const callId = body.call.id;
  await course.play({ place: stack, callId, ann, ben, cleo });
  return { ...course, callId, people };
}

const stack = setUpStack();

beforeAll(async () => {
  await stopTime(stack.databaseUrl, Date.now());
  admin = await createUser(stack, 'operator', { scope: 'admin' });
  for (const course of courses) {
    played.push(await playOne(course));
    await stack.moveTime(1000);
  }
});

async function get(user: User, path: string) {
  return (await user.ask('get', path)).body;
}
function playedAs(name: string): Played {
  const found = played.find((course) => course.name === name);
  if (found === undefined) throw new Error(`no course was ${name}`);
  return found;
}

test.each(courses)(
  'a call that $name has the outcomes $outcomes for its participants',
  async ({ name }) => {
    const { callId, people, outcomes, state } = playedAs(name);
    const entries = await Promise.all(people.map((user) => get(user, '/calls/history')));
    expect(entries.map((page) => page.entries)).toMatchObject(
      outcomes.map((outcome, index) => [
        { call: { id: callId, state }, outcome, direction: index === 0 ? 'outgoing' : 'incoming' },
      ]),
    );
  },
);

test.each(courses)(
  'a call that $name counts as $outcomes in the stats of its participants',
  async ({ name }) => {
    const { people, outcomes } = playedAs(name);
    const counted: (keyof Stats)[] = ['completed', 'missed', 'declined', 'failed'];
    for (const [index, user] of people.entries()) {
      const outcome = outcomes[index];
      const stats = await get(user, '/calls/stats');
      const one = (is: boolean) => (is ? 1 : 0);
      expect(stats).toEqual({
        total: 1,
        active: one(outcome === 'ongoing'),
        ...Object.fromEntries(counted.map((name) => [name, one(name === outcome)])),
        totalDurationSeconds: outcome === 'completed' ? TALK_SECONDS : 0,
        averageDurationSeconds: outcome === 'completed' ? TALK_SECONDS : 0,
        successRate: one(outcome === 'completed'),
      });
    }
  },
);

test('the view call_history agrees with the history of every user', async () => {
  const { rows } = await stack.database.query(
    `SELECT user_id, call_id, outcome, direction, state, duration_seconds FROM call_history`,
  );
  const expected = [];
  for (const user of played.flatMap(({ people }) => people)) {
    const { entries } = await get(user, '/calls/history');
    for (const { call, outcome, direction } of entries) {
      const { id: call_id, state, durationSeconds: duration_seconds } = call;
      expected.push({ user_id: user.id, call_id, outcome, direction, state, duration_seconds });
    }
  }
  expect(expected).toHaveLength(rows.length);
  expect(rows).toEqual(expect.arrayContaining(expected));
});

test('the view of active calls contains the calls that are active for a user', async () => {
  const { rows } = await stack.database.query('SELECT id, state FROM active_calls');
  const { callId, people, state } = playedAs('was declined by one of three and goes on');
  expect(rows).toEqual([{ id: callId, state }]);
  const [ann, ben, cleo] = people as [User, User, User];
  for (const user of [ann, ben]) {
    expect((await get(user, '/calls/active')).calls).toMatchObject([{ id: callId }]);
  }
  expect((await get(cleo, '/calls/active')).calls).toEqual([]);
});

describe('all calls, for operators', () => {
  const idsOf = async (query: string) =>
    (await get(admin, `/calls?limit=100&${query}`)).calls.map(({ id }: Call) => id);
  const newestFirst = () => played.map(({ callId }) => callId).reverse();

  test('are listed newest first', async () => {
    expect(await idsOf('')).toEqual(newestFirst());
  });

  test('are the same in pages of any size', async () => {
    for (const limit of [1, 3, 7]) {
      const listed: string[] = [];
      let next = '';
      do {
        const page = await get(admin, `/calls?limit=${limit}${next}`);
        expect(page.calls.length).toBeLessThanOrEqual(limit);
        listed.push(...page.calls.map(({ id }: Call) => id));
        next = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
      } while (next !== '');
      expect(listed).toEqual(newestFirst());
    }
  });

  test('are filtered by state, by participant, and by both', async () => {
    for (const { callId, people, state } of played) {
      const [caller, callee] = people as [User, User];
      expect(await idsOf(`state=${state}`)).toContain(callId);
      for (const { id } of [caller, callee]) {
        expect(await idsOf(`userId=${id}`)).toEqual([callId]);
        expect(await idsOf(`userId=${id}&state=${state}`)).toEqual([callId]);
        expect(await idsOf(`userId=${id}&state=initiating`)).toEqual([]);
      }
    }
  });

  test('are filtered by conversation, and by start time', async () => {
    expect(await idsOf(`conversationId=${encodeURIComponent(CONVERSATION)}`)).toEqual(
      newestFirst(),
    );
    expect(await idsOf('conversationId=another')).toEqual([]);
    const { calls } = await get(admin, '/calls?limit=100');
    const [newest, second, third] = calls as [Call, Call, Call];
    const between = (from: Call, to: Call) => idsOf(`from=${from.createdAt}&to=${to.createdAt}`);
    expect(await between(third, newest)).toEqual([second.id, third.id]);
    expect(await between(newest, third)).toEqual([]);
    const inParis = second.createdAt.replace('Z', '%2B00:00');
    expect(await idsOf(`from=${inParis}`)).toEqual([newest.id, second.id]);
  });

  test.each([
    'limit=0',
    'limit=101',
    'cursor=x',
    'cursor=eyJ9',
    'state=won',
    'userId=a%20b',
    'from=yesterday',
    'to=2026-01-01',
    'initiatorId=ann',
  ])('are not listed by an invalid filter: %s', async (query) => {
    const { status, body } = await admin.ask('get', `/calls?${query}`);
    expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
  });
});

describe('a handmade cursor', () => {
  const cursorAt = (createdAt: number, callId: string) =>
    Buffer.from(`${createdAt}.${callId}`).toString('base64url');
  const FIRST = '00000000-0000-0000-0000-000000000000';
  const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

  test("lists the user's own calls from there on, and never another user's", async () => {
    const { people, callId } = playedAs('was declined');
    const [ann] = people as [User, User];
    for (const other of played) {
      const { call } = await get(admin, `/calls/${other.callId}`);
      const cursor = cursorAt(Date.parse(call.createdAt), other.callId);
      const { entries } = await get(ann, `/calls/history?cursor=${cursor}`);
      const isOlder = played.indexOf(other) > played.findIndex((one) => one.callId === callId);
      expect(entries.map(({ call }: { call: Call }) => call.id)).toEqual(isOlder ? [callId] : []);
    }
    const all = await get(ann, `/calls/history?cursor=${cursorAt(99_999_999_999_999, LAST)}`);
    expect(all.entries).toMatchObject([{ call: { id: callId } }]);
    const none = await get(ann, `/calls/history?cursor=${cursorAt(0, FIRST)}`);
    expect(none).toEqual({ entries: [], nextCursor: null });
  });
});
