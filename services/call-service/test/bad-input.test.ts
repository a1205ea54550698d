import { BASE_PATH, type Operation, operations } from '@ringline/contract';
import request from 'supertest';
import { talk } from './calls.ts';
import type { Device } from './device.ts';
import { setUpStack } from './fixture.ts';
import { checkAnswer, createUsers, type User } from './user.ts';

type Method = Operation['method'];

let ann: User;
let ben: User;
let stranger: User;
let callId: string;
let devices: Device[];
let before: unknown;

const NOWHERE = '01890000-0000-7000-8000-000000000000';

// Defined before the stack, so that it runs before the stack is closed.
afterAll(() => {
  for (const user of [ann, ben, stranger]) user.forget();
});
const stack = setUpStack();

beforeAll(async () => {
  const [one, two, three, four] = await createUsers(stack, 'ann', 'ben', 'cleo', 'eva');
  [ann, ben, stranger] = [one as User, two as User, four as User];
  callId = await talk(stack, ann, ben, three as User);
  devices = await Promise.all([ann, ben, stranger].map((user) => user.connect()));
  before = await stack.contents();
});

/** No request of this file may write or publish anything. */
afterEach(async () => {
  expect(await stack.contents()).toEqual(before);
  for (const device of devices) {
    await device.send('call:sync');
    expect(device.names()).toEqual(['call:sync']);
  }
});

function asked(method: Method, path: string) {
  return request(stack.replicas[0].url)
    [method](`${BASE_PATH}${path}`)
    .auth(ann.token, { type: 'bearer' });
}

describe('an invalid body', () => {
  const start = (more: object) => ({ type: 'audio', participantIds: ['zoe'], ...more });
  const bodies: [string, string, unknown][] = [
    ['no body', '/calls/start', undefined],
    ['an empty object', '/calls/start', {}],
    ['a list', '/calls/start', []],
    ['another type of call', '/calls/start', start({ type: 'smell' })],
    ['no participants', '/calls/start', start({ participantIds: [] })],
    ['eight participants', '/calls/start', start({ participantIds: [...'abcdefgh'] })],
    ['a participant twice', '/calls/start', start({ participantIds: ['zoe', 'zoe'] })],
    ['an invalid id', '/calls/start', start({ participantIds: ['zoe zoe'] })],
    ['an id that is a number', '/calls/start', start({ participantIds: [7] })],
    ['ids that are not a list', '/calls/start', start({ participantIds: 'zoe' })],
    ['a direct call to two', '/calls/start', start({ participantIds: ['x', 'y'], mode: 'direct' })],
    ['a ring that is too short', '/calls/start', start({ ringTimeoutSeconds: 4 })],
    ['a ring that is too long', '/calls/start', start({ ringTimeoutSeconds: 181 })],
    ['a ring with a fraction of a second', '/calls/start', start({ ringTimeoutSeconds: 30.5 })],
    ['a ring as text', '/calls/start', start({ ringTimeoutSeconds: '30' })],
    ['metadata that is a list', '/calls/start', start({ metadata: [] })],
    ['metadata beyond 4 KiB', '/calls/start', start({ metadata: { a: 'x'.repeat(4096) } })],
    ['metadata with NUL', '/calls/start', start({ metadata: { a: '\0' } })],
    ['metadata with half a character', '/calls/start', start({ metadata: { '\ud800': 1 } })],
    ['a conversation with NUL', '/calls/start', start({ conversationId: '\0' })],
    ['an empty conversation', '/calls/start', start({ conversationId: '' })],
    ['an unknown field', '/calls/start', start({ roomName: 'mine' })],
    ['a takeover as text', '/calls/ID/join', { takeover: 'true' }],
    ['an unknown reason', '/calls/ID/decline', { reason: 'bored' }],
    ['a field that leave does not have', '/calls/ID/leave', { bye: true }],
    ['no users to invite', '/calls/ID/invite', { participantIds: [] }],
    ['an unknown kind of track', '/calls/ID/participants/USER/mute', { kind: 'smell' }],
  ];
  test.each(bodies)('%s', async (_what, path, body) => {
    const there = path.replace('ID', callId).replace('USER', ben.id);
    const { status, body: answer } = await ann.ask('post', there, { body });
    expect({ status, code: answer.code }).toEqual({ status: 400, code: 'VALIDATION_FAILED' });
    expect(answer.errors.length).toBeGreaterThan(0);
  });

  test.each([
    ['patch', 'participant', {}],
    ['patch', 'participant', { audioEnabled: 1 }],
    ['patch', 'participant', { state: 'joined' }],
    ['put', 'host', {}],
    ['put', 'host', { userId: 'a b' }],
  ] as [Method, string, object][])('%s %s %j', async (method, what, body) => {
    const { status, body: answer } = await ann.ask(method, `/calls/${callId}/${what}`, { body });
    expect({ status, code: answer.code }).toEqual({ status: 400, code: 'VALIDATION_FAILED' });
  });

  const sent = async (type: string | null, body: string | Buffer, headers: object = {}) => {
    const posted = asked('post', `/calls/${callId}/end`).set(headers as Record<string, string>);
    if (type !== null) posted.set('Content-Type', type);
    // The test's own client must not turn text or bytes into JSON.
    const answer = await posted.serialize((given) => given as string).send(body as string);
    checkAnswer('post', `/calls/${callId}/end`, answer);
    return [answer.status, answer.body.code];
  };

  test('truncated JSON', async () => {
    expect(await sent('application/json', '{"a":')).toEqual([400, 'VALIDATION_FAILED']);
  });
  test('JSON that is not an object', async () => {
    expect(await sent('application/json', '"end"')).toEqual([400, 'VALIDATION_FAILED']);
  });
  test('a body above 64 KiB', async () => {
    const large = JSON.stringify({ a: 'x'.repeat(65_536) });
    expect(await sent('application/json', large)).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });
  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx'])(
    'a body of type %s',
    async (type) => {
      expect(await sent(type, '{}')).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    },
  );
  test('JSON in an unknown charset or content encoding', async () => {
    const odd = await sent('application/json; charset=koi8-r', '{}');
    expect(odd).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    const packed = await sent('application/json', '{}', { 'Content-Encoding': 'zip' });
    expect(packed).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });
});

describe('an invalid id', () => {
  const withId = Object.entries<Operation>(operations).filter(([, { path }]) =>
    path.includes(':callId'),
  );
  const access = { user: 'ann', anyone: 'ann', operator: null };
  const cases = withId.filter(([, operation]) => access[operation.access] !== null);

  test.each(cases)('%s', async (_name, { method, path, body }) => {
    const ids = ['x', '1', `${NOWHERE}x`, 'null', "'; DROP TABLE calls; --", '%00', '..%2f..'];
    for (const id of ids) {
      const there = path.replace(':callId', encodeURIComponent(id)).replace(':userId', ben.id);
      const answer = await ann.ask(method, there, body === undefined ? {} : { body: {} });
      expect([id, answer.status, answer.body.code]).toEqual([id, 400, 'VALIDATION_FAILED']);
    }
  });

  test.each(['a b', 'a/b', '.', 'x'.repeat(129)])('of a user: %s', async (id) => {
    const there = `/calls/${callId}/participants/${encodeURIComponent(id)}`;
    const answer = await ann.ask('delete', there.replace('/.', '/%2e'));
    // A dot is a step in a path in any encoding; the client may have resolved it.
    if (id !== '.') expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    else expect(answer.status).toBeGreaterThanOrEqual(400);
  });

  test('an incomplete percent-encoding', async () => {
    const { status, body } = await ann.ask('get', '/calls/%E0%A4%A');
    expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
  });
});

describe('a call of other users', () => {
  const bodies: Record<string, object> = {
    inviteToCall: { participantIds: ['zoe'] },
    updateParticipant: { audioEnabled: false },
    muteParticipant: { kind: 'audio' },
    handOverHost: { userId: 'zoe' },
    reportQuality: {
      samples: [
        { at: new Date().toISOString(), jitterMs: 1, packetLossPercent: 0, roundTripMs: 20 },
      ],
    },
    rateCall: { stars: 5 },
  };
  const cases = Object.entries<Operation>(operations).filter(
    ([, { path, access }]) => path.includes(':callId') && access !== 'operator',
  );

  test.each(cases)(
    '%s gets the same answer as for a call that does not exist',
    async (name, operation) => {
      const answers = [];
      for (const id of [callId, NOWHERE]) {
        const path = operation.path.replace(':callId', id).replace(':userId', ben.id);
        const options = operation.body === undefined ? {} : { body: bodies[name] ?? {} };
        const { status, body } = await stranger.ask(operation.method, path, options);
        const { requestId, ...rest } = body;
        answers.push({ status, rest });
      }
      expect(answers[0]).toMatchObject({ status: 404, rest: { code: 'CALL_NOT_FOUND' } });
      expect(answers[0]).toEqual(answers[1]);
    },
  );
});

describe('an invalid query', () => {
  test.each([
    '/calls/history?limit=0',
    '/calls/history?limit=101',
    '/calls/history?limit=x',
    '/calls/history?limit=1.5',
    '/calls/history?limit=1&limit=2',
    '/calls/history?type=smell',
    '/calls/history?outcome=won',
    '/calls/history?direction=up',
    '/calls/history?userId=ben',
    '/calls/history?conversationId=',
    '/calls/history?conversationId=%00',
    '/calls/active?state=ringing',
    '/calls/ID/events?after=-1',
    '/calls/ID/events?after=2147483648',
    '/calls/ID/events?after=x',
    '/calls/ID/events?limit=0',
    '/calls/ID/events?limit=1001',
  ])('%s', async (path) => {
    const { status, body } = await ann.ask('get', path.replace('ID', callId));
    expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(body.errors[0].path).toMatch(/^query/);
  });
});

describe('an invalid header', () => {
  test.each([
    ['Ringline-Device', 'x'.repeat(65)],
    ['Ringline-Device', ''],
    ['Idempotency-Key', 'x'.repeat(256)],
    ['Idempotency-Key', ''],
    ['Idempotency-Key', 'é'],
  ])('%s: %s', async (name, value) => {
    const answer = await asked('post', `/calls/${callId}/mute-all`).set(name, value);
    checkAnswer('post', `/calls/${callId}/mute-all`, answer);
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.body.errors[0].path).toBe(name);
  });

  test('a dangerous X-Request-Id is replaced, a valid one is kept', async () => {
    const kept = await asked('get', '/calls/active').set('X-Request-Id', 'abc-1');
    expect(kept.headers['x-request-id']).toBe('abc-1');
    const replaced = await asked('get', '/calls/active').set('X-Request-Id', '<script>');
    expect(replaced.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});
