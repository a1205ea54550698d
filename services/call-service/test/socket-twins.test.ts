import { type Act, acts, type ClientEventName } from '@ringline/contract';
import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import { createUsers, type User } from './user.ts';

const stack = setUpStack();
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

/**
 * Everything that happened to a call, without user ids and times, so that two calls can be
 * compared.
 */
async function courseOf(callId: string) {
  const found = await stack.database.query(
    'SELECT event, payload FROM call_events WHERE call_id = $1 ORDER BY seq',
    [callId],
  );
  const anonymous = JSON.stringify(found.rows)
    .replaceAll(callId, 'CALL')
    .replaceAll(/(?<="deviceHash":")[0-9a-f]{32}/g, 'HASH')
    .replaceAll(/-\d+"/g, '"')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  return JSON.parse(anonymous);
}

interface Twin {
  event: ClientEventName;
  /** Brings a call into a state that permits the act, and resolves to its id. */
  given(): Promise<string>;
  by(): User;
  rest(user: User, callId: string): Promise<{ status: number; body: { code?: string } }>;
  payload(callId: string): object;
}

function post(what: string, body: object = {}) {
  return (user: User, callId: string) => user.act(callId, what, body, { device: 'd' });
}
function patch(body: object) {
  return (user: User, callId: string) =>
    user.ask('patch', `/calls/${callId}/participant`, { body, device: 'd' });
}
function ringing() {
  return ann.call(ben, cleo);
}
function sample() {
  const at = new Date().toISOString();
  return { at, direction: 'send', jitterMs: 1, packetLossPercent: 0, roundTripMs: 9 };
}
function talking() {
  return talk(stack, ann, ben);
}

const twins: Twin[] = [
  {
    event: 'call:ringing',
    given: ringing,
    by: () => ben,
    rest: post('ringing'),
    payload: (callId) => ({ callId }),
  },
  {
    event: 'call:accept',
    given: ringing,
    by: () => ben,
    rest: post('join'),
    payload: (callId) => ({ callId }),
  },
  {
    event: 'call:decline',
    given: ringing,
    by: () => ben,
    rest: post('decline', { reason: 'busy' }),
    payload: (callId) => ({ callId, reason: 'busy' }),
  },
  {
    event: 'call:leave',
    given: talking,
    by: () => ben,
    rest: post('leave'),
    payload: (callId) => ({ callId }),
  },
  {
    event: 'call:end',
    given: ringing,
    by: () => ann,
    rest: post('end'),
    payload: (callId) => ({ callId }),
  },
  {
    event: 'call:invite',
    given: talking,
    by: () => ann,
    rest: (user, callId) => post('invite', { participantIds: [cleo.id] })(user, callId),
    payload: (callId) => ({ callId, participantIds: [cleo.id] }),
  },
  {
    event: 'call:toggle_audio',
    given: talking,
    by: () => ann,
    rest: patch({ audioEnabled: false }),
    payload: (callId) => ({ callId, enabled: false }),
  },
  {
    event: 'call:toggle_video',
    given: talking,
    by: () => ann,
    rest: patch({ videoEnabled: true }),
    payload: (callId) => ({ callId, enabled: true }),
  },
  {
    event: 'call:toggle_screen_share',
    given: talking,
    by: () => ann,
    rest: patch({ screenSharing: true }),
    payload: (callId) => ({ callId, enabled: true }),
  },
  {
    event: 'call:quality_update',
    given: talking,
    by: () => ann,
    rest: (user, callId) => post('quality', { samples: [sample()] })(user, callId),
    payload: (callId) => ({ callId, sample: sample() }),
  },
];

test('every act with both forms is compared here', () => {
  const withBoth = Object.values<Act>(acts).flatMap((act) =>
    'operation' in act && 'events' in act ? act.events : [],
  );
  expect(['call:start', ...twins.map(({ event }) => event)].sort()).toEqual(withBoth.sort());
});

describe.each(twins)('$event', ({ event, given, by, rest, payload }) => {
  test('has the same effect as its REST twin', async () => {
    const byRest = await given();
    const answer = await rest(by(), byRest);
    expect([200, 202]).toContain(answer.status);
    const restCourse = await courseOf(byRest);
    await ann.act(byRest, 'end');

    const bySocket = await given();
    const device = await by().connect('d');
    const acknowledged = await device.send(event, payload(bySocket));
    expect(acknowledged.ok).toBe(true);
    expect(Object.keys(acknowledged.data).sort()).toEqual(Object.keys(answer.body).sort());
    expect(await courseOf(bySocket)).toEqual(restCourse);
  });

  test('is refused to a stranger like its REST twin, and like a call that does not exist', async () => {
    const callId = await given();
    const [stranger] = (await createUsers(stack, 'eva')) as [User];
    const device = await stranger.connect('d');
    const witness = await ann.connect();
    const before = [await stack.contents(), witness.heard.length];
    const nowhere = '01890000-0000-7000-8000-000000000000';
    for (const id of [callId, nowhere]) {
      const { status, body } = await rest(stranger, id);
      const { error } = await device.send(event, payload(id));
      expect([status, body.code, error.code]).toEqual([404, 'CALL_NOT_FOUND', 'CALL_NOT_FOUND']);
    }
    await witness.send('call:sync');
    expect([await stack.contents(), witness.heard.length]).toEqual(before);
    stranger.forget();
  });
});

test('call:start has the same effect as its REST twin', async () => {
  const body = { type: 'video', participantIds: [ben.id], metadata: { a: 1 }, conversationId: 'c' };
  const byRest = await ann.ask('post', '/calls/start', { body, device: 'd' });
  const restCourse = await courseOf(byRest.body.call.id);
  await ann.act(byRest.body.call.id, 'end');
  const device = await ann.connect('d');
  const { ok, data } = await device.send('call:start', body);
  expect([ok, Object.keys(data).sort()]).toEqual([true, ['call', 'connection']]);
  expect(await courseOf(data.call.id)).toEqual(restCourse.slice(0, 2));
  expect(data.connection.token).toMatch(/^ey/);
});

test('call:start is refused like its REST twin', async () => {
  const existingCallId = await ann.call(ben);
  const device = await ann.connect();
  const refused = await device.send('call:start', { type: 'audio', participantIds: [cleo.id] });
  expect(refused).toMatchObject({ ok: false, error: { code: 'CALLER_BUSY', existingCallId } });
});
