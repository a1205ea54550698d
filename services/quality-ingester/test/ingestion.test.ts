import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { appendSamples, QUALITY_STREAM } from '@ringline/quality';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { metricOf, newCallId, type Stage, sampleOf, setStage } from './stage.ts';

const GROUP = 'ingesters';
function outcome(name: string) {
  return `ringline_quality_samples_total{outcome="${name}"}`;
}

let stage: Stage;
let ingester: Service;
let callId: string;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.clear());
beforeEach(() => {
  callId = newCallId();
});
afterEach(() => ingester.stop());

describe('samples', () => {
  it('are stored with their scores, and leave the stream', async () => {
    ingester = await stage.startIngester();
    await stage.append([
      sampleOf(callId),
      sampleOf(callId, { packetLossPercent: 5, direction: 'send' }),
      sampleOf(callId, { fps: 3, height: 720, codec: 'VP8' }),
    ]);
    await stage.drained();
    const rows = await stage.query(
      `SELECT direction, level, round(mos::numeric, 2)::float AS mos, codec
       FROM call_quality_metrics WHERE call_id = $1 ORDER BY arrived_at, sequence`,
      [callId],
    );
    expect(rows).toEqual([
      { direction: 'receive', level: 'excellent', mos: 4.41, codec: null },
      { direction: 'send', level: 'good', mos: expect.closeTo(3.93, 1), codec: null },
      { direction: 'receive', level: 'poor', mos: 4.41, codec: 'VP8' },
    ]);
    expect(await metricOf(ingester, outcome('stored'))).toBe(3);
    expect(await metricOf(ingester, 'ringline_quality_mos_count')).toBe(3);
    expect(await metricOf(ingester, 'ringline_quality_lag_seconds_count')).toBe(3);
  });

  it('that were there before the first ingester are stored, too', async () => {
    await stage.append([sampleOf(callId)]);
    ingester = await stage.startIngester();
    await stage.drained();
    expect(await stage.storedIds(callId)).toHaveLength(1);
  });

  it('are scored by the way to the other end, once that has reported', async () => {
    ingester = await stage.startIngester();
    await stage.append([
      sampleOf(callId, { userId: 'far', roundTripMs: 700 }),
      sampleOf(callId, { userId: 'near', roundTripMs: 20 }),
    ]);
    await stage.drained();
    const rows = await stage.query<{ user_id: string; r: number }>(
      'SELECT user_id, r FROM call_quality_metrics WHERE call_id = $1 ORDER BY arrived_at, sequence',
      [callId],
    );
    // 700 ms there and 700 ms taken to be there as well, then 10 and 350.
    expect(rows).toEqual([
      { user_id: 'far', r: expect.closeTo(54.3, 0) },
      { user_id: 'near', r: expect.closeTo(69.9, 0) },
    ]);
  });

  it('are scored by the newest way to the other end, though an older sample comes in after it', async () => {
    ingester = await stage.startIngester();
    const now = Date.now();
    const samples = [
      { userId: 'far', roundTripMs: 700, arrivedAt: now, sequence: 1 },
      { userId: 'far', roundTripMs: 20, arrivedAt: now - 20_000, sequence: 1 },
      { userId: 'near', roundTripMs: 20, arrivedAt: now, sequence: 2 },
    ];
    await appendSamples(
      stage.redis,
      samples.map(({ userId, roundTripMs, ...id }) => ({
        ...sampleOf(callId, { userId, roundTripMs }),
        ...id,
      })),
      1000,
    );
    await stage.drained();
    const rows = await stage.query(
      `SELECT r FROM call_quality_metrics WHERE call_id = $1 AND user_id = 'near'`,
      [callId],
    );
    expect(rows).toEqual([{ r: expect.closeTo(69.9, 0) }]);
  });

  it('come by the thousand', async () => {
    await stage.append(Array.from({ length: 3500 }, () => sampleOf(callId)));
    ingester = await stage.startIngester();
    await stage.drained();
    const ids = await stage.storedIds(callId);
    expect(ids).toHaveLength(3500);
    expect(new Set(ids).size).toBe(3500);
  });

  it('that are none are dropped and counted, and keep no others', async () => {
    ingester = await stage.startIngester();
    await stage.redis.xadd(QUALITY_STREAM, '*', 'sample', 'not even JSON');
    await stage.redis.xadd(QUALITY_STREAM, '*', 'else', '{}');
    await stage.redis.xadd(
      QUALITY_STREAM,
      '*',
      'sample',
      JSON.stringify({ callId, jitterMs: 1e308 }),
    );
    await stage.append([sampleOf(callId)]);
    await stage.drained();
    expect(await stage.storedIds(callId)).toHaveLength(1);
    expect(await metricOf(ingester, outcome('rejected'))).toBe(3);
  });

  it('of another release keep what this one knows', async () => {
    ingester = await stage.startIngester();
    const newer = { ...sampleOf(callId), smell: 'of roses' };
    await stage.redis.xadd(QUALITY_STREAM, '*', 'sample', JSON.stringify(newer));
    await stage.drained();
    expect(await stage.storedIds(callId)).toHaveLength(1);
  });

  it('are stored under the id that they came with, each once, however often they were appended', async () => {
    const arrivedAt = Date.now() - 3_600_000;
    const sequence = Number.MAX_SAFE_INTEGER - 1;
    const copies = [0, 1, 0, 0, 1].map((more) => ({
      ...sampleOf(callId),
      ...{ arrivedAt, sequence: sequence + more },
    }));
    await appendSamples(stage.redis, copies.slice(0, 3), 1000);
    ingester = await stage.startIngester();
    await stage.drained();
    await appendSamples(stage.redis, copies.slice(3), 1000);
    await stage.drained();
    expect(await stage.storedIds(callId)).toEqual([
      `${arrivedAt}-${sequence}`,
      `${arrivedAt}-${sequence + 1}`,
    ]);
    expect(await metricOf(ingester, outcome('duplicate'))).toBe(3);
  });

  it('with an id that is none are dropped and counted', async () => {
    ingester = await stage.startIngester();
    const wrong = [
      { arrivedAt: null, sequence: 1 },
      { arrivedAt: -1, sequence: 1 },
      { arrivedAt: Number.MAX_SAFE_INTEGER, sequence: 1 },
      { arrivedAt: Date.now() },
      { arrivedAt: Date.now(), sequence: 2 ** 53 },
      { arrivedAt: Date.now(), sequence: 0.5 },
      { arrivedAt: String(Date.now()), sequence: '1' },
    ];
    for (const id of wrong) {
      const json = JSON.stringify({ ...sampleOf(callId), ...id });
      await stage.redis.xadd(QUALITY_STREAM, '*', 'sample', json);
    }
    await stage.drained();
    expect(await stage.storedIds(callId)).toEqual([]);
    expect(await metricOf(ingester, outcome('rejected'))).toBe(wrong.length);
  });

  it('that the database refuses are dropped alone, and those beside them are stored', async () => {
    await stage.query(
      "ALTER TABLE call_quality_metrics ADD CONSTRAINT poison CHECK (user_id <> 'poison')",
    );
    const samples = Array.from({ length: 20 }, (_, index) =>
      sampleOf(callId, { userId: index === 7 || index === 13 ? 'poison' : 'ann' }),
    );
    await stage.append(samples);
    ingester = await stage.startIngester();
    await stage.drained();
    expect(await stage.storedIds(callId)).toHaveLength(18);
    expect(await metricOf(ingester, outcome('rejected'))).toBe(2);
    expect(await metricOf(ingester, outcome('stored'))).toBe(18);
  });
});

describe('what another ingester was given', () => {
  const DEAD = 'dead';

  /** Appends samples, and reads them in the same moment, as one does who dies before anything is stored. */
  const appendAndDie = async (count: number): Promise<string[]> => {
    const transaction = stage.redis.multi();
    for (let index = 0; index < count; index += 1) {
      transaction.xadd(QUALITY_STREAM, '*', 'sample', JSON.stringify(sampleOf(callId)));
    }
    transaction.xreadgroup(
      ...(['GROUP', GROUP, DEAD, 'COUNT', count, 'STREAMS', QUALITY_STREAM, '>'] as const),
    );
    const replies = await transaction.exec();
    return (replies ?? []).slice(0, count).map(([, id]) => String(id));
  };

  /** So much time passes for Redis since these were read, without anybody having waited. */
  const pass = (ids: string[], heldForMs: number) =>
    stage.redis.xclaim(QUALITY_STREAM, GROUP, DEAD, 0, ...ids, 'IDLE', heldForMs, 'JUSTID');

  const storeOneMore = async (userId: string): Promise<void> => {
    await stage.append([sampleOf(callId, { userId })]);
    await until('it is stored', async () => {
      const rows = 'SELECT FROM call_quality_metrics WHERE call_id = $1 AND user_id = $2';
      return (await stage.query(rows, [callId, userId])).length === 1;
    });
  };

  it('and held for too long is taken over; not what it holds for a moment only', async () => {
    ingester = await stage.startIngester();
    await storeOneMore('bob');
    const ids = await appendAndDie(30);
    await storeOneMore('cyn');
    await until('all others are done with', async () => {
      return (await stage.redis.xlen(QUALITY_STREAM)) === 30;
    });
    await pass(ids, 11_000);
    await stage.drained();
    expect(await stage.storedIds(callId)).toHaveLength(32);
    expect(ingester.output()).toContain('took over quality samples');
  });

  it('and stored, but died before it said so, is known by its id', async () => {
    const now = Date.now();
    // Ids that are older than the last would be refused.
    await stage.redis.del(QUALITY_STREAM);
    ingester = await stage.startIngester();
    for (let second = 0; second < 5; second += 1)
      await stage.appendAt(now + second, sampleOf(callId));
    await stage.drained();
    const ids = await stage.storedIds(callId);
    // Only a Redis that has forgotten everything takes the same ids again.
    await stage.redis.del(QUALITY_STREAM);
    for (let second = 0; second < 5; second += 1)
      await stage.appendAt(now + second, sampleOf(callId));
    await stage.drained();
    expect(await stage.storedIds(callId)).toEqual(ids);
    expect(await metricOf(ingester, outcome('duplicate'))).toBe(5);
  });
});

describe('an ingester', () => {
  it('makes its group again when Redis has lost it', async () => {
    ingester = await stage.startIngester();
    await stage.append([sampleOf(callId)]);
    await stage.drained();
    await stage.server.kill();
    await stage.server.restart();
    await until('Redis takes samples again', () =>
      stage.append([sampleOf(callId)]).then(() => true),
    );
    await stage.drained();
    expect(await stage.storedIds(callId)).toHaveLength(2);
  });

  it('stops while Redis is away', async () => {
    ingester = await stage.startIngester();
    await stage.server.kill();
    await ingester.stop();
    expect(ingester.output().split('\n').at(-1)).toContain('stopped');
    await stage.server.restart();
  });

  it('starts without Redis, and stores once it is there', async () => {
    await stage.server.kill();
    ingester = await stage.startIngester();
    expect(await (await fetch(`${ingester.internalUrl}/ready`)).json()).toMatchObject({
      status: 'degraded',
      checks: { postgres: 'ok', redis: 'failed' },
    });
    await stage.server.restart();
    await until('Redis takes samples again', () =>
      stage.append([sampleOf(callId)]).then(() => true),
    );
    await stage.drained();
    expect(await stage.storedIds(callId)).toHaveLength(1);
  });

  it('stores what it has in hand when it is told to stop, and leaves no trace in the group', async () => {
    ingester = await stage.startIngester();
    await stage.append(Array.from({ length: 50 }, () => sampleOf(callId)));
    await until('it has read them', async () => {
      const [, count] = (await stage.redis.xpending(QUALITY_STREAM, GROUP)) as [
        number,
        ...unknown[],
      ];
      return Number(count ?? 0) >= 0;
    });
    await ingester.stop();
    await stage.drained();
    expect(await stage.storedIds(callId)).toHaveLength(50);
    expect(await stage.redis.xinfo('CONSUMERS', QUALITY_STREAM, GROUP)).toEqual([]);
    const lines = ingester.output().split('\n');
    expect(lines.at(-1)).toContain('stopped');
    expect(lines.filter((line) => / (warn|error) /.test(line))).toEqual([]);
  });

  it('answers operators on its internal port', async () => {
    ingester = await stage.startIngester();
    const answer = async (path: string) => (await fetch(`${ingester.internalUrl}${path}`)).json();
    expect(await answer('/health')).toMatchObject({ status: 'ok', service: 'quality-ingester' });
    expect(await answer('/ready')).toMatchObject({
      status: 'ok',
      checks: { postgres: 'ok', redis: 'ok' },
    });
    expect(await answer('/monitoring/metrics')).toEqual({
      calls: { total: 0, active: 0, completed: 0, failed: 0 },
      livekit: { activeRooms: 0 },
      performance: { successRate: 0 },
      timestamp: expect.stringMatching(/Z$/),
    });
  });

  it('says in one line what its environment lacks', async () => {
    await expect(stage.startIngester({ DATABASE_URL: '' })).rejects.toThrow(/DATABASE_URL/);
  });
});
