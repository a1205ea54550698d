import { closeRedis, connectRedis, type RedisClient } from '@ringline/platform';
import { QUALITY_STREAM } from '@ringline/quality';
import { silentLogger } from '@ringline/testing/silent-logger';
import { until } from '@ringline/testing/until';
import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import { sample, samples } from './samples.ts';
import type { User } from './user.ts';

const BOUND = 150;
const BURST = 120;

let redis: RedisClient;
let callId: string;

// Defined before the stack, so that it runs before the stack is closed.
afterAll(() => closeRedis(redis));
const stack = setUpStack({
  env: {
    QUALITY_STREAM_MAX_LENGTH: String(BOUND),
    RATE_LIMIT_USER_REQUESTS_PER_MINUTE: '0',
    RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE: '0',
  },
});
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

beforeAll(async () => {
  redis = await connectRedis(stack.redis.url, { name: 'test', logger: silentLogger });
});
beforeEach(async () => {
  callId = await talk(stack, ann, ben);
  await redis.del(QUALITY_STREAM);
});

function waiting() {
  return redis.xlen(QUALITY_STREAM);
}
async function appended() {
  return (await redis.xrange(QUALITY_STREAM, '-', '+')).map(([, [, json]]) =>
    JSON.parse(json ?? ''),
  );
}
function report(user: User, body: unknown, options = {}) {
  return user.act(callId, 'quality', body, options);
}
function coded({ status, body }: { status: number; body: { code?: string } }) {
  return [status, body.code];
}
async function counted(outcome: string): Promise<number> {
  const { values } = await stack.replicas[0].metrics.qualitySamples.get();
  return values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0;
}

describe('a report', () => {
  test('is accepted, by REST and by sockets, and waits in the stream', async () => {
    expect(await report(ann, { samples: samples(3) })).toMatchObject({
      status: 202,
      body: { accepted: 3 },
    });
    const device = await ben.connect();
    const sent = { callId, sample: sample({ direction: 'send', fps: 30, codec: 'VP8' }) };
    expect(await device.send('call:quality_update', sent)).toEqual({
      ok: true,
      data: { accepted: 1 },
    });
    expect(await appended()).toMatchObject([
      { callId, userId: ann.id, direction: 'receive' },
      { callId, userId: ann.id },
      { callId, userId: ann.id },
      { callId, userId: ben.id, direction: 'send', fps: 30 },
    ]);
    expect(await counted('accepted')).toBeGreaterThanOrEqual(4);
  });

  test('is accepted once when it is repeated with its key', async () => {
    const body = { samples: samples(2) };
    const first = await report(ann, body, { key: 'again' });
    expect(await report(ann, body, { key: 'again' })).toMatchObject({
      status: 202,
      body: first.body,
    });
    expect(await waiting()).toBe(2);
    expect(coded(await report(ann, { samples: samples(1) }, { key: 'again' }))).toEqual([
      422,
      'IDEMPOTENCY_KEY_REUSED',
    ]);
  });

  test('has the same sample ids in each of two simultaneous copies', async () => {
    const body = { samples: samples(2) };
    const answers = await Promise.all([1, 2, 3].map(() => report(ann, body, { key: 'at once' })));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const ids = (await appended()).map(({ arrivedAt, sequence }) => [arrivedAt, sequence]);
    expect(new Set(ids.map(String)).size).toBe(2);
  });

  test('without a key gets an id for each of its samples, in their order', async () => {
    for (const _ of [1, 2]) await report(ann, { samples: samples(3) });
    const ids = (await appended()).map(({ arrivedAt, sequence }) => ({ arrivedAt, sequence }));
    expect(new Set(ids.map(({ sequence }) => sequence)).size).toBe(6);
    const [first, second, third] = ids;
    expect([second, third]).toEqual([
      { arrivedAt: first?.arrivedAt, sequence: Number(first?.sequence) + 1 },
      { arrivedAt: first?.arrivedAt, sequence: Number(first?.sequence) + 2 },
    ]);
  });

  test('by a user outside the call gets CALL_NOT_FOUND', async () => {
    expect(coded(await report(cleo, { samples: samples(1) }))).toEqual([404, 'CALL_NOT_FOUND']);
    callId = '0198c0de-0000-7000-8000-000000000000';
    expect(coded(await report(ann, { samples: samples(1) }))).toEqual([404, 'CALL_NOT_FOUND']);
    const device = await cleo.connect();
    expect(await device.send('call:quality_update', { callId, sample: sample() })).toMatchObject({
      error: { code: 'CALL_NOT_FOUND' },
    });
    expect(await waiting()).toBe(0);
  });

  test('by a ringing user is refused', async () => {
    await ann.act(callId, 'end');
    callId = await ann.call(cleo);
    expect(coded(await report(cleo, { samples: samples(1) }))).toEqual([409, 'NOT_ACCEPTED']);
    expect((await report(ann, { samples: samples(1) })).status).toBe(202);
  });

  test('is accepted for a minute after the call, and refused later', async () => {
    await ann.act(callId, 'end');
    expect((await report(ben, { samples: samples(1) })).status).toBe(202);
    await stack.moveTime(61_000);
    expect(coded(await report(ben, { samples: samples(1) }))).toEqual([409, 'CALL_ENDED']);
  });
});

describe('an invalid sample', () => {
  const wrong: [what: string, more: Record<string, unknown>][] = [
    ['NaN, which JSON does not know', { jitterMs: Number.NaN }],
    ['infinity', { roundTripMs: Number.POSITIVE_INFINITY }],
    ['1e308', { roundTripMs: 1e308 }],
    ['a negative number', { jitterMs: -1 }],
    ['a loss above 100 percent', { packetLossPercent: 101 }],
    ['a number as text', { roundTripMs: '45' }],
    ['half a freeze', { freezeCount: 0.5 }],
    ['a missing measurement', { jitterMs: undefined }],
    ['null', { fps: null }],
    ['an unknown direction', { direction: 'up' }],
    ['an unknown field', { smell: 'of roses' }],
    ['a text that Postgres cannot store', { codec: 'VP8\0' }],
    ['half a character', { device: '\ud800' }],
    ['a long text', { codec: 'x'.repeat(65) }],
    ['an invalid time', { at: 'now' }],
    ['a time as a number', { at: Date.now() }],
    ['yesterday', { at: new Date(Date.now() - 86_400_000).toISOString() }],
    ['tomorrow', { at: new Date(Date.now() + 86_400_000).toISOString() }],
    ['the beginning of time', { at: '1970-01-01T00:00:00.000Z' }],
    ['the end of time', { at: '9999-12-31T23:59:59.999Z' }],
  ];

  test.each(wrong)('is refused, and nothing of it reaches the stream: %s', async (_what, more) => {
    const refused = await report(ann, { samples: [sample(), sample(more)] });
    expect(coded(refused)).toEqual([400, 'VALIDATION_FAILED']);
    expect(refused.body.errors[0].path).toMatch(/^samples\.1/);
    const device = await ann.connect();
    const sent = { callId, sample: sample(more) };
    expect(await device.send('call:quality_update', sent)).toMatchObject({
      ok: false,
      error: { code: 'VALIDATION_FAILED', errors: [{ path: expect.stringMatching(/^sample/) }] },
    });
    expect(await waiting()).toBe(0);
  });

  test('is refused with 1e999, a number that JSON allows', async () => {
    const text = JSON.stringify({ samples: [sample()] }).replace('45', '1e999');
    const response = await fetch(`${stack.replicas[0].url}/api/v1/calls/${callId}/quality`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${ann.token}`, 'Content-Type': 'application/json' },
      body: text,
    });
    expect(coded({ status: response.status, body: await response.json() })).toEqual([
      400,
      'VALIDATION_FAILED',
    ]);
  });

  test('is accepted with a clock that is off by a time zone', async () => {
    const elsewhere = new Date(Date.now() + 11 * 3_600_000).toISOString();
    expect((await report(ann, { samples: [sample({ at: elsewhere })] })).status).toBe(202);
  });

  test('is refused with none, too many, or far too many samples', async () => {
    expect(coded(await report(ann, { samples: [] }))).toEqual([400, 'VALIDATION_FAILED']);
    expect(coded(await report(ann, { samples: samples(101) }))).toEqual([400, 'VALIDATION_FAILED']);
    expect(coded(await report(ann, { samples: samples(10_000) }))).toEqual([
      413,
      'PAYLOAD_TOO_LARGE',
    ]);
    expect(await waiting()).toBe(0);
  });
});

describe('a user', () => {
  test('is limited in samples, by REST and by sockets together', async () => {
    const device = await ann.connect();
    for (let reported = 0; reported < BURST; reported += 30) {
      expect((await report(ann, { samples: samples(30) })).status).toBe(202);
    }
    const refused = await report(ann, { samples: samples(1) });
    expect(coded(refused)).toEqual([429, 'RATE_LIMITED']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(120);
    expect(await device.send('call:quality_update', { callId, sample: sample() })).toMatchObject({
      error: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
    });
    expect(await waiting()).toBe(BURST);
    expect((await report(ben, { samples: samples(1) })).status).toBe(202);
  });
});

describe('the stream', () => {
  test('never grows past its bound: the oldest entries are dropped and counted', async () => {
    const dropped = await counted('dropped');
    const longest: number[] = [];
    let over = false;
    const watching = until('all are reported', async () => {
      longest.push(await waiting());
      return over;
    });
    await Promise.all([
      report(ann, { samples: samples(100) }),
      report(ben, { samples: samples(100) }),
    ]);
    await report(ben, { samples: samples(20) });
    over = true;
    await watching;
    expect(Math.max(...longest)).toBeLessThanOrEqual(BOUND);
    expect(await waiting()).toBe(BOUND);
    expect(await counted('dropped')).toBe(dropped + 220 - BOUND);
    const newest = await redis.xrevrange(QUALITY_STREAM, '+', '-', 'COUNT', 20);
    expect(newest.every(([, [, json]]) => json?.includes(ben.id))).toBe(true);
  });

  test('makes only reports unavailable while it is away', async () => {
    const dropped = await counted('dropped');
    await stack.redis.kill();
    const refused = await report(ann, { samples: samples(2) }, { key: 'later' });
    expect(coded(refused)).toEqual([503, 'UNAVAILABLE']);
    expect(refused.headers['retry-after']).toBe('1');
    expect(await counted('dropped')).toBe(dropped + 2);
    expect((await ann.act(callId, 'end')).status).toBe(200);
    await stack.redis.restart();
    // The refused report was not saved under its key.
    await until('it is accepted', async () => {
      const body = { samples: samples(2) };
      return (await report(ann, body, { key: 'later' })).status === 202;
    });
    await until('it waits', async () => (await waiting().catch(() => 0)) === 2);
  });
});
