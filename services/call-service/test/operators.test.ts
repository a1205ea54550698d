import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import { createUser, createUsers, type User } from './user.ts';

let service: User;
let admin: User;

const stack = setUpStack();
const [ann, ben] = setUpUsers(stack, 'ann', 'ben');

beforeEach(async () => {
  service = await createUser(stack, 'backend', { scope: 'service' });
  admin = await createUser(stack, 'root', { scope: 'admin' });
});

function coded({ status, body }: { status: number; body: { code?: string } }) {
  return [status, body.code];
}
function body() {
  return { type: 'audio', participantIds: [ben.id] };
}

test('a service acts as exactly the user that it names', async () => {
  const started = await service.ask('post', '/calls/start', { body: body(), as: ann.id });
  expect(started).toMatchObject({ status: 201, body: { call: { initiatorId: ann.id } } });
  const callId = started.body.call.id;
  expect(await service.act(callId, 'join', {}, { as: ben.id })).toMatchObject({ status: 200 });
  const [cleo] = (await createUsers(stack, 'cleo')) as [User];
  const foreign = await service.ask('get', `/calls/${callId}`, { as: cleo.id });
  expect(coded(foreign)).toEqual([404, 'CALL_NOT_FOUND']);
});

test('users and admins may not name another user', async () => {
  const callId = await talk(stack, ann, ben);
  for (const user of [ann, admin]) {
    const answer = await user.ask('get', `/calls/${callId}`, { as: ben.id });
    expect(coded(answer)).toEqual([403, 'FORBIDDEN']);
  }
});

test('an invalid user id in Ringline-User is refused, not ignored', async () => {
  const callId = await talk(stack, ann, ben);
  const answer = await service.act(callId, 'end', {}, { as: 'a b' });
  expect(coded(answer)).toEqual([400, 'VALIDATION_FAILED']);
  expect((await ann.ask('get', `/calls/${callId}`)).body.call.state).toBe('connected');
});

describe.each(['service', 'admin'])('%s', (scope) => {
  const operator = () => (scope === 'service' ? service : admin);

  test('reads any call, its events and its timeline', async () => {
    const callId = await talk(stack, ann, ben);
    const read = async (what: string) =>
      (await operator().ask('get', `/calls/${callId}${what}`)).body;
    expect((await read('')).call.id).toBe(callId);
    expect((await read('/events')).events[0]).toMatchObject({ event: 'call:started' });
    const { entries } = await read('/timeline');
    const listed = entries.map((entry: { kind: string; event: string; actor?: string }) => [
      entry.kind,
      entry.event,
      entry.actor,
    ]);
    expect(listed[0]).toEqual(['event', 'call:started', `user:${ann.id}`]);
    expect(listed).toContainEqual(['report', 'participant_joined', undefined]);
    expect(listed).toContainEqual(['event', 'call:participant_joined', 'livekit']);
  });

  test('ends any call, ringing or running', async () => {
    const heard = await ann.connect();
    const running = await talk(stack, ann, ben);
    expect(await operator().act(running, 'end')).toMatchObject({
      status: 200,
      body: { call: { state: 'ended', endReason: 'admin_ended', endedBy: null } },
    });
    expect(await heard.next('call:ended')).toMatchObject({ reason: 'admin_ended' });
    const ringing = await ann.call(ben);
    expect(await operator().act(ringing, 'end')).toMatchObject({
      body: { call: { state: 'cancelled', endReason: 'admin_ended' } },
    });
    expect(await operator().act(ringing, 'end')).toMatchObject({ status: 200 });
    const timeline = await operator().ask('get', `/calls/${ringing}/timeline`);
    expect(timeline.body.entries.at(-1)).toMatchObject({ event: 'call:ended', actor: scope });
  });

  test('lists all calls, newest first, by page and by filter', async () => {
    const conversationId = `c-${ann.id}`;
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const started = await ann.ask('post', '/calls/start', {
        body: { ...body(), conversationId },
      });
      ids.unshift(started.body.call.id);
      await ann.act(started.body.call.id, 'end');
    }
    const list = async (query: string) => (await operator().ask('get', `/calls?${query}`)).body;
    const idsOf = (page: { calls: { id: string }[] }) => page.calls.map(({ id }) => id);
    const first = await list(`conversationId=${conversationId}&limit=2`);
    const second = await list(`conversationId=${conversationId}&cursor=${first.nextCursor}`);
    expect([idsOf(first), idsOf(second)]).toEqual([ids.slice(0, 2), ids.slice(2)]);
    expect(idsOf(await list(`userId=${ann.id}&state=cancelled`))).toEqual(ids);
    expect(idsOf(await list(`userId=${ann.id}&state=ringing`))).toEqual([]);
    const { createdAt } = second.calls[0];
    expect(idsOf(await list(`userId=${ann.id}&to=${createdAt}`))).toEqual([]);
    expect(idsOf(await list(`userId=${ann.id}&from=${createdAt}`))).toEqual(ids);
  });

  test('counts all calls', async () => {
    await talk(stack, ann, ben);
    const { total, active } = (await operator().ask('get', '/calls/stats')).body;
    const counted = await stack.database.query(
      'SELECT count(*)::int AS total, (count(*) FILTER (WHERE ended_at IS NULL))::int AS active FROM calls',
    );
    expect({ total, active }).toEqual(counted.rows[0]);
  });

  test('is refused every operation of a user', async () => {
    const callId = await ann.call(ben);
    const before = await stack.contents();
    const asked = [
      operator().ask('post', '/calls/start', { body: body() }),
      operator().ask('get', '/calls/history'),
      operator().ask('get', '/calls/active'),
      operator().act(callId, 'ringing'),
      operator().act(callId, 'join'),
      operator().act(callId, 'decline'),
      operator().act(callId, 'leave'),
      operator().act(callId, 'token'),
      operator().act(callId, 'invite', { participantIds: ['x'] }),
      operator().act(callId, 'mute-all'),
      operator().act(callId, `participants/${ben.id}/mute`, { kind: 'audio' }),
      operator().ask('patch', `/calls/${callId}/participant`, { body: { audioEnabled: false } }),
      operator().ask('delete', `/calls/${callId}/participants/${ben.id}`),
      operator().ask('put', `/calls/${callId}/host`, { body: { userId: ben.id } }),
    ];
    for (const answer of await Promise.all(asked))
      expect(coded(answer)).toEqual([403, 'FORBIDDEN']);
    expect(await stack.contents()).toEqual(before);
  });

  test('gets CALL_NOT_FOUND for a call that does not exist', async () => {
    const nowhere = '01890000-0000-7000-8000-000000000000';
    for (const what of ['', '/events', '/timeline']) {
      const answer = await operator().ask('get', `/calls/${nowhere}${what}`);
      expect(coded(answer)).toEqual([404, 'CALL_NOT_FOUND']);
    }
    expect(coded(await operator().act(nowhere, 'end'))).toEqual([404, 'CALL_NOT_FOUND']);
  });
});

test('users may not use the operations of operators', async () => {
  const callId = await talk(stack, ann, ben);
  expect(coded(await ann.ask('get', '/calls'))).toEqual([403, 'FORBIDDEN']);
  expect(coded(await ann.ask('get', `/calls/${callId}/timeline`))).toEqual([403, 'FORBIDDEN']);
  const acting = await service.ask('get', '/calls', { as: ann.id });
  expect(coded(acting)).toEqual([403, 'FORBIDDEN']);
});
