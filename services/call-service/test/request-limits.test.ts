import { BASE_PATH, operations } from '@ringline/contract';
import request from 'supertest';
import { REQUESTS, setUpLimitedStack } from './limited-stack.ts';
import type { Replica } from './stack.ts';
import { type AskOptions, createUser, createUsers, type User } from './user.ts';

let other: Replica;

const stack = setUpLimitedStack();
beforeAll(async () => {
  other = stack.replicas[1] as Replica;
});

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

  test('are limited on all replicas together, and a refusal names the time to wait', async () => {
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

  test('count for that user when the host app sends them; the host app itself has no limit', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    const service = await createUser(stack, 'backend', { scope: 'service' });
    for (let nth = 0; nth < REQUESTS; nth += 1) await stats(service, { as: ann.id });
    expect((await stats(service, { as: ann.id })).status).toBe(429);
    expect((await stats(service, { as: ben.id })).status).toBe(200);
    for (let nth = 0; nth <= REQUESTS; nth += 1) {
      expect((await service.ask('get', '/calls', { on: limited })).status).toBe(200);
    }
  });

  test('are logged once, however many are refused', async () => {
    const [ann] = (await createUsers(stack, 'ann')) as [User];
    for (let nth = 0; nth < REQUESTS + 3; nth += 1) await stats(ann);
    const lines = stack.log().split('\n');
    expect(lines.filter((line) => line.includes(ann.id) && line.includes('reached'))).toHaveLength(
      1,
    );
  });
});

describe('a request that a call needs', () => {
  const CALL_REQUESTS = 6;
  let limited: Replica;

  beforeAll(async () => {
    limited = await stack.startReplica({
      RATE_LIMIT_USER_REQUESTS_PER_MINUTE: String(REQUESTS),
      RATE_LIMIT_USER_CALL_REQUESTS_PER_MINUTE: String(CALL_REQUESTS),
      RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE: '0',
    });
  });

  /** Reads until further reads are refused. */
  const exhaustReads = async (user: User, on: Replica): Promise<void> => {
    for (let nth = 0; nth < REQUESTS; nth += 1) await user.ask('get', '/calls/history', { on });
    for (const path of ['/calls/history', '/calls/stats']) {
      expect((await user.ask('get', path, { on })).status).toBe(429);
    }
  };

  /** Every REST request of a call between two users. */
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

  test('is answered to users who have used up their history reads', async () => {
    const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
    await exhaustReads(ann, limited);
    await exhaustReads(ben, limited);
    expect(await callThrough(ann, ben, limited)).toEqual([201, ...Array(7).fill(200)]);
  });

  test('has a limit of its own, which does not affect reads', async () => {
    const [ann] = (await createUsers(stack, 'ann')) as [User];
    const active = () => ann.ask('get', '/calls/active', { on: limited });
    for (let nth = 0; nth < CALL_REQUESTS; nth += 1) expect((await active()).status).toBe(200);
    const refused = await active();
    expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ann.ask('get', '/calls/history', { on: limited })).status).toBe(200);
  });

  test('is answered at an address with too many reads or bad tokens', async () => {
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

test('every operation has the right limit: the one for calls, or the other', () => {
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

  test('are limited for all users and all replicas together', async () => {
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

  test('count even with an invalid token, so that tokens cannot be guessed without limit', async () => {
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

  test("are not limited for the host app's back end, which sends the requests of all its users", async () => {
    const [ann] = (await createUsers(stack, 'ann')) as [User];
    const { token } = await createUser(stack, 'backend', { scope: 'service' });
    for (let nth = 0; nth <= REQUESTS; nth += 1) {
      const answer = await askFrom('192.0.2.4', token).set('Ringline-User', ann.id);
      expect(answer.status).toBe(200);
    }
  });
});
