import { setTimeout as delay } from 'node:timers/promises';
import { BASE_PATH, operations } from '@ringline/contract';
import { until } from '@ringline/testing/until';
import request from 'supertest';
import { connectDevice } from './device.ts';
import { setUpStack } from './fixture.ts';
import type { Replica } from './stack.ts';
import { signToken } from './tokens.ts';
import { type AskOptions, createUser, createUsers, type User } from './user.ts';

let other: Replica;

const REQUESTS = 4;
const RINGS = 2;
const WINDOW_MS = 2000;
const SOCKETS = 3;
const BURST = 10;

const stack = setUpStack({
  replicas: 2,
  env: {
    TRUST_PROXY: '1',
    RATE_LIMIT_USER_REQUESTS_PER_MINUTE: '0',
    RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE: String(REQUESTS),
    RATE_LIMIT_PAIR_UNANSWERED_RINGS: String(RINGS),
    RATE_LIMIT_PAIR_WINDOW_SECONDS: String(WINDOW_MS / 1000),
    RATE_LIMIT_SOCKETS_PER_USER: String(SOCKETS),
    RATE_LIMIT_SOCKET_EVENTS_PER_SECOND: '5',
    RATE_LIMIT_SOCKET_EVENT_BURST: String(BURST),
  },
});

beforeAll(async () => {
  other = stack.replicas[1] as Replica;
});

async function refusals(limit: string): Promise<number> {
  const { values } = await stack.replicas[0].metrics.rateLimitRefusals.get();
  return values.find(({ labels }) => labels.limit === limit)?.value ?? 0;
}

describe('requests of one user', () => {
  let limited: Replica;
  let otherLimited: Replica;

  beforeAll(async () => {
    const env = {
      RATE_LIMIT_USER_REQUESTS_PER_MINUTE: String(REQUESTS),
      RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE: '0',
    };
    [limited, otherLimited] = await Promise.all([stack.startReplica(env), stack.startReplica(env)]);
  });

  const stats = (user: User, options: AskOptions = {}) =>
    user.ask('get', '/calls/stats', { on: limited, ...options });

  test('are limited on all replicas together, and who is refused is told when to come back', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    for (let nth = 0; nth < REQUESTS; nth += 1) {
      const on = nth % 2 === 0 ? limited : otherLimited;
      expect((await stats(ann, { on })).status).toBe(200);
    }
    for (const on of [limited, otherLimited]) {
      const refused = await stats(ann, { on });
      expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    }
    expect((await stats(ben)).status).toBe(200);
  });

  test('are theirs as well when the host app asks for them; the host app itself has no limit', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    const service = await createUser(stack, 'backend', { scope: 'service' });
    for (let nth = 0; nth < REQUESTS; nth += 1) await stats(service, { as: ann.id });
    expect((await stats(service, { as: ann.id })).status).toBe(429);
    expect((await stats(service, { as: ben.id })).status).toBe(200);
    for (let nth = 0; nth <= REQUESTS; nth += 1) {
      expect((await service.ask('get', '/calls', { on: limited })).status).toBe(200);
    }
  });

  test('are told of once in the log, however many are refused', async () => {
    const [ann] = (await createUsers(stack, 'ann')) as [User];
    for (let nth = 0; nth < REQUESTS + 3; nth += 1) await stats(ann);
    const lines = stack.log().split('\n');
    expect(lines.filter((line) => line.includes(ann.id) && line.includes('reached'))).toHaveLength(
      1,
    );
  });
});

describe('what a call needs', () => {
  const CALL_REQUESTS = 6;
  let limited: Replica;

  beforeAll(async () => {
    limited = await stack.startReplica({
      RATE_LIMIT_USER_REQUESTS_PER_MINUTE: String(REQUESTS),
      RATE_LIMIT_USER_CALL_REQUESTS_PER_MINUTE: String(CALL_REQUESTS),
      RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE: '0',
    });
  });

  /** Reads until nothing more is answered. */
  const exhaustReads = async (user: User, on: Replica): Promise<void> => {
    for (let nth = 0; nth < REQUESTS; nth += 1) await user.ask('get', '/calls/history', { on });
    for (const path of ['/calls/history', '/calls/stats']) {
      expect((await user.ask('get', path, { on })).status).toBe(429);
    }
  };

  /** Everything that a call of two asks for by REST. */
  const callThrough = async (ann: User, ben: User, on: Replica): Promise<number[]> => {
    const body = { type: 'audio', participantIds: [ben.id] };
    const started = await ann.ask('post', '/calls/start', { body, on });
    const callId = started.body.call?.id;
    const acts = [
      () => ben.act(callId, 'ringing', undefined, { on }),
      () => ben.act(callId, 'join', undefined, { on }),
      () => ben.act(callId, 'token', undefined, { on }),
      () => ann.act(callId, 'token', undefined, { on }),
      () => ann.ask('patch', `/calls/${callId}/participant`, { body: { audioEnabled: false }, on }),
      () => ben.ask('get', '/calls/active', { on }),
      () => ann.act(callId, 'end', undefined, { on }),
    ];
    const statuses = [started.status];
    for (const act of acts) statuses.push((await act()).status);
    return statuses;
  };

  test('is answered to users who have read as much history as they may', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    await exhaustReads(ann, limited);
    await exhaustReads(ben, limited);
    expect(await callThrough(ann, ben, limited)).toEqual([201, ...Array(7).fill(200)]);
  });

  test('has a limit of its own, which leaves reading alone', async () => {
    const [ann] = (await createUsers(stack, 'ann')) as [User];
    const active = () => ann.ask('get', '/calls/active', { on: limited });
    for (let nth = 0; nth < CALL_REQUESTS; nth += 1) expect((await active()).status).toBe(200);
    const refused = await active();
    expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ann.ask('get', '/calls/history', { on: limited })).status).toBe(200);
  });

  test('is answered at an address from which too much is read, or bad tokens come', async () => {
    const crowded = await stack.startReplica({ TRUST_PROXY: 'false' });
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    for (let nth = 0; nth < REQUESTS; nth += 1) {
      await request(crowded.url)
        .get(`${BASE_PATH}/calls/active`)
        .auth('no-token', { type: 'bearer' });
    }
    expect((await ann.ask('get', '/calls/history', { on: crowded })).status).toBe(429);
    expect(await callThrough(ann, ben, crowded)).toEqual([201, ...Array(7).fill(200)]);
  });
});

test('every operation is limited as what it is: what a call needs, or the rest', () => {
  const rest = Object.entries(operations)
    .filter(([, { budget }]) => budget === 'other')
    .map(([name]) => name);
  expect(rest.sort()).toEqual(
    [
      ...['getHistory', 'getStats', 'listCalls', 'getCall', 'listEvents', 'getTimeline'],
      ...['reportQuality', 'getQuality', 'rateCall'],
    ].sort(),
  );
});

describe('requests from one address', () => {
  const askFrom = (address: string, token: string, on = stack.replicas[0]) =>
    request(on.url)
      .get(`${BASE_PATH}/calls/stats`)
      .auth(token, { type: 'bearer' })
      .set('X-Forwarded-For', address);

  test('are limited, whoever asks, and on all replicas together', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    for (let nth = 0; nth < REQUESTS; nth += 1) {
      const { token } = nth % 2 === 0 ? ann : ben;
      expect((await askFrom('192.0.2.1', token)).status).toBe(200);
    }
    for (const replica of [stack.replicas[0], other]) {
      const refused = await askFrom('192.0.2.1', ben.token, replica);
      expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
    }
    expect((await askFrom('192.0.2.2', ben.token)).status).toBe(200);
  });

  test('count as well where the token is not believed, so that nobody tries without end', async () => {
    const statuses: number[] = [];
    for (let nth = 0; nth <= REQUESTS; nth += 1) {
      statuses.push((await askFrom('192.0.2.3', 'no-token')).status);
    }
    expect(statuses).toEqual([...Array(REQUESTS).fill(401), 429]);
  });

  test('count together for all addresses of one IPv6 network', async () => {
    const [ann] = (await createUsers(stack, 'ann')) as [User];
    const addresses = [
      '2001:db8::1',
      '2001:db8:0:0:1::1',
      '2001:db8:0:0:ffff:ffff:ffff:1',
      '2001:DB8::2',
    ];
    for (const address of addresses) {
      expect((await askFrom(address, ann.token)).status).toBe(200);
    }
    expect((await askFrom('2001:db8::3', ann.token)).status).toBe(429);
    expect((await askFrom('2001:db8:0:1::1', ann.token)).status).toBe(200);
  });

  test("are not limited for the host app's backend, which asks for everybody", async () => {
    const [ann] = (await createUsers(stack, 'ann')) as [User];
    const { token } = await createUser(stack, 'backend', { scope: 'service' });
    for (let nth = 0; nth <= REQUESTS; nth += 1) {
      const answer = await askFrom('192.0.2.4', token).set('Ringline-User', ann.id);
      expect(answer.status).toBe(200);
    }
  });
});

describe('rings of one user to another that nobody answers', () => {
  let service: User;
  beforeAll(async () => {
    // It asks for all of them, as no address is limited for it.
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

  /** Each by another end: declined, called off. */
  const ringInVain = async (caller: User, callee: User) => {
    for (let nth = 0; nth < RINGS; nth += 1) {
      const { status, body } = await start(caller, [callee]);
      expect(status).toBe(201);
      await (nth % 2 === 0
        ? act(callee, body.call.id, 'decline')
        : act(caller, body.call.id, 'end'));
    }
  };

  test('are limited, and nothing is written or heard of what is refused', async () => {
    const [ann, ben, cleo] = (await createUsers(stack, 'ann', 'ben', 'cleo')) as [User, User, User];
    await ringInVain(ann, ben);
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
    await ringInVain(ann, ben);
    const device = await ann.connect();
    const answer = await device.send('call:start', { type: 'audio', participantIds: [ben.id] });
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
    });
    ann.forget();
  });

  test('are limited in a call that goes on, too', async () => {
    const [ann, ben, cleo] = (await createUsers(stack, 'ann', 'ben', 'cleo')) as [User, User, User];
    const callId = (await start(ann, [ben])).body.call.id;
    await act(ben, callId, 'join');
    const invite = () => act(ann, callId, 'invite', { participantIds: [cleo.id] });
    for (let nth = 0; nth < RINGS; nth += 1) {
      expect((await invite()).status).toBe(200);
      // Once more while it rings is no ring.
      expect((await act(ben, callId, 'invite', { participantIds: [cleo.id] })).status).toBe(200);
      await act(cleo, callId, 'decline');
    }
    expect((await invite()).body.code).toBe('RATE_LIMITED');
    expect((await act(ben, callId, 'invite', { participantIds: [cleo.id] })).status).toBe(200);
  });

  test('are forgotten with the first that is answered', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    for (let round = 0; round < 2; round += 1) {
      await start(ann, [ben]).then(({ body }) => act(ben, body.call.id, 'decline'));
      const { status, body } = await start(ann, [ben]);
      expect(status).toBe(201);
      await act(ben, body.call.id, 'join');
      await act(ben, body.call.id, 'end');
    }
  });

  test('are forgotten when the other one calls back', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    await ringInVain(ann, ben);
    const { body } = await start(ben, [ann]);
    expect((await start(ann, [ben])).body).toMatchObject({ merged: true });
    await act(ann, body.call.id, 'end');
    expect((await start(ann, [ben])).status).toBe(201);
  });

  test('are forgotten after a while', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    await ringInVain(ann, ben);
    expect((await start(ann, [ben])).status).toBe(429);
    await until('another ring', async () => (await start(ann, [ben])).status === 201);
  });

  test('do not count where the callee was busy', async () => {
    const [ann, ben, cleo] = (await createUsers(stack, 'ann', 'ben', 'cleo')) as [User, User, User];
    await start(cleo, [ben]);
    for (let nth = 0; nth <= RINGS; nth += 1) {
      expect((await start(ann, [ben])).body.code).toBe('USER_BUSY');
    }
  });

  test('count once when a request is repeated, which is answered as it was the first time', async () => {
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

describe('sockets of one user', () => {
  test('are limited on all replicas together; one that goes makes room', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    const devices = await Promise.all([
      ann.connect(),
      ann.connect(undefined, other),
      ann.connect(),
    ]);
    for (const replica of [stack.replicas[0], other]) {
      await expect(ann.connect(undefined, replica)).rejects.toMatchObject({
        data: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
      });
    }
    await ben.connect();
    devices[0]?.close();
    // The place is given back a moment after the socket is gone.
    const again = await until('a place for one more', () => ann.connect());
    expect(again.names()).toContain('call:sync');
    ann.forget();
    ben.forget();
  });

  test('are no more than that when many come at once', async () => {
    const [ann] = (await createUsers(stack, 'ann')) as [User];
    const tries = await Promise.allSettled(
      Array.from({ length: 12 }, (_, nth) => ann.connect(undefined, nth % 2 ? other : undefined)),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(SOCKETS);
    ann.forget();
  });
});

describe('events of one socket', () => {
  test('are limited: a burst passes, then so many a second', async () => {
    const [ann] = (await createUsers(stack, 'ann')) as [User];
    const device = await ann.connect();
    const before = await refusals('socket_events');
    const answering = Promise.all(
      Array.from({ length: BURST + 5 }, () => device.send('call:sync')),
    );
    // Right behind the burst: a moment later there would be room for one again.
    device.socket.emit('call:sync', {});
    const refused = (await answering).filter(({ ok }) => !ok);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(refused.length).toBeLessThanOrEqual(5);
    expect(refused[0].error).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 1 });
    expect(await device.next('call:error')).toMatchObject({
      code: 'RATE_LIMITED',
      event: 'call:sync',
    });
    expect((await refusals('socket_events')) - before).toBe(refused.length + 1);
    await delay(refused[0].error.retryAfterSeconds * 1000);
    expect(await device.send('call:sync')).toMatchObject({ ok: true });
    ann.forget();
  });

  test('that go on in spite of refusals close it, and nobody else is harmed', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    const [flooding, calm] = await Promise.all([ann.connect(), ben.connect()]);
    const closed = new Promise((resolve) => flooding.socket.on('disconnect', resolve));
    for (let nth = 0; nth < 1000; nth += 1) flooding.socket.emit('call:sync', {});
    expect(await closed).toBe('io server disconnect');
    expect(await calm.send('call:sync')).toMatchObject({ ok: true });
    ann.forget();
    ben.forget();
  });
});

describe('without Redis', () => {
  const passUnlimited = async (address: string): Promise<void> => {
    const [ann] = (await createUsers(stack, 'ann')) as [User];
    for (let nth = 0; nth <= REQUESTS; nth += 1) {
      const answer = await request(stack.replicas[0].url)
        .get(`${BASE_PATH}/calls/stats`)
        .auth(ann.token, { type: 'bearer' })
        .set('X-Forwarded-For', address);
      expect(answer.status).toBe(200);
    }
  };
  const failures = async (limit: string) => {
    const { values } = await stack.replicas[0].metrics.rateLimitFailures.get();
    return values.find(({ labels }) => labels.limit === limit)?.value ?? 0;
  };

  test('that hangs, nobody waits long for a limit', async () => {
    process.kill(stack.redis.pid(), 'SIGSTOP');
    const before = performance.now();
    await passUnlimited('192.0.2.8');
    process.kill(stack.redis.pid(), 'SIGCONT');
    expect(performance.now() - before).toBeLessThan(5000);
  });

  test('everything passes, and a metric says so', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    await stack.redis.kill();
    await passUnlimited('192.0.2.9');
    expect(await failures('address_requests')).toBeGreaterThan(REQUESTS);
    const devices = await Promise.all(
      Array.from({ length: SOCKETS + 1 }, async () => {
        const token = await signToken(stack.secret, { sub: ann.id });
        return connectDevice(stack.replicas[0].url, { token });
      }),
    );
    expect(await failures('sockets')).toBeGreaterThan(SOCKETS);
    // Without its own Redis LiveKit makes no rooms, so that starting is refused, but not by a limit.
    const answer = await devices[0]?.send('call:start', {
      type: 'audio',
      participantIds: [ben.id],
    });
    expect(answer.error?.code).not.toBe('RATE_LIMITED');
    expect(await failures('unanswered_rings')).toBeGreaterThan(0);
    for (const device of devices) device.close();
    await stack.redis.restart();
  });
});
