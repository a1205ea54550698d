import { until } from '@ringline/testing/until';
import { RINGS, setUpLimitedStack, WINDOW_MS } from './limited-stack.ts';
import { createUser, createUsers, type User } from './user.ts';

const stack = setUpLimitedStack();

describe('unanswered rings of one user to another', () => {
  let service: User;
  beforeAll(async () => {
    // The host app's back end sends all requests, since its address has no limit.
    service = await createUser(stack, 'backend', { scope: 'service' });
  });

  const start = (caller: User, callees: User[], key?: string) =>
    service.ask('post', '/calls/start', {
      as: caller.id,
      body: { type: 'audio', participantIds: callees.map(({ id }) => id) },
      ...(key !== undefined && { key }),
    });
  const act = (user: User, callId: string, what: string, body?: object) =>
    service.act(callId, what, body, { as: user.id });

  /** Each ends in another way: declined, cancelled. */
  const ringUnanswered = async (caller: User, callee: User) => {
    for (let nth = 0; nth < RINGS; nth += 1) {
      const { status, body } = await start(caller, [callee]);
      expect(status).toBe(201);
      await (nth % 2 === 0
        ? act(callee, body.call.id, 'decline')
        : act(caller, body.call.id, 'end'));
    }
  };

  test('are limited, and a refused ring writes and publishes nothing', async () => {
    const [ann, ben, cleo] = (await createUsers(stack, 'ann', 'ben', 'cleo')) as [User, User, User];
    await ringUnanswered(ann, ben);
    const before = await stack.contents();
    const device = await ben.connect();
    const refused = await start(ann, [ben]);
    expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(WINDOW_MS / 1000);
    expect((await start(ann, [cleo, ben])).status).toBe(429);
    expect(await stack.contents()).toEqual(before);
    expect(device.names()).toEqual(['call:sync']);
    expect((await start(ann, [cleo])).status).toBe(201);
    ben.forget();
  });

  test('are limited for sockets in the same way', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    await ringUnanswered(ann, ben);
    const device = await ann.connect();
    const answer = await device.send('call:start', { type: 'audio', participantIds: [ben.id] });
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
    });
    ann.forget();
  });

  test('are limited in a running call, too', async () => {
    const [ann, ben, cleo] = (await createUsers(stack, 'ann', 'ben', 'cleo')) as [User, User, User];
    const callId = (await start(ann, [ben])).body.call.id;
    await act(ben, callId, 'join');
    const invite = () => act(ann, callId, 'invite', { participantIds: [cleo.id] });
    for (let nth = 0; nth < RINGS; nth += 1) {
      expect((await invite()).status).toBe(200);
      // A repeated invite while it rings is no new ring.
      expect((await act(ben, callId, 'invite', { participantIds: [cleo.id] })).status).toBe(200);
      await act(cleo, callId, 'decline');
    }
    expect((await invite()).body.code).toBe('RATE_LIMITED');
    expect((await act(ben, callId, 'invite', { participantIds: [cleo.id] })).status).toBe(200);
  });

  test('are reset by the first answer', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    for (let round = 0; round < 2; round += 1) {
      await start(ann, [ben]).then(({ body }) => act(ben, body.call.id, 'decline'));
      const { status, body } = await start(ann, [ben]);
      expect(status).toBe(201);
      await act(ben, body.call.id, 'join');
      await act(ben, body.call.id, 'end');
    }
  });

  test('are reset when the callee calls back', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    await ringUnanswered(ann, ben);
    const { body } = await start(ben, [ann]);
    expect((await start(ann, [ben])).body).toMatchObject({ merged: true });
    await act(ann, body.call.id, 'end');
    expect((await start(ann, [ben])).status).toBe(201);
  });

  test('are reset after a while', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    await ringUnanswered(ann, ben);
    expect((await start(ann, [ben])).status).toBe(429);
    await until('another ring', async () => (await start(ann, [ben])).status === 201);
  });

  test('do not count when the callee was busy', async () => {
    const [ann, ben, cleo] = (await createUsers(stack, 'ann', 'ben', 'cleo')) as [User, User, User];
    await start(cleo, [ben]);
    for (let nth = 0; nth <= RINGS; nth += 1) {
      expect((await start(ann, [ben])).body.code).toBe('USER_BUSY');
    }
  });

  test('count once for a repeated request, which returns the first result', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    const startAgain = () => start(ann, [ben], 'k1');
    const answers = await Promise.all(Array.from({ length: RINGS + 2 }, startAgain));
    expect(answers.map(({ status }) => status)).toEqual(Array(RINGS + 2).fill(201));
    const callId = answers[0]?.body.call.id;
    await act(ben, callId, 'decline');
    await start(ann, [ben]).then(({ body }) => act(ben, body.call.id, 'decline'));
    expect((await start(ann, [ben])).status).toBe(429);
    expect(await startAgain()).toMatchObject({ status: 201, body: { call: { id: callId } } });
  });
});
