import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { appendSamples, QUALITY_STREAM } from '@ringline/quality';
import type { Service } from '@ringline/testing/service';
import {
  createCallId,
  createIngesterFixture,
  createSample,
  type IngesterFixture,
  readMetric,
} from './fixture.ts';

function outcome(name: string) {
  return `ringline_quality_samples_total{outcome="${name}"}`;
}

let fixture: IngesterFixture;
let ingester: Service;
let callId: string;
beforeAll(async () => {
  fixture = await createIngesterFixture();
});
afterAll(() => fixture.stop());
beforeEach(() => {
  callId = createCallId();
});
afterEach(() => ingester.stop());

describe('samples', () => {
  it('are stored with their scores, and leave the stream', async () => {
    ingester = await fixture.startIngester();
    await fixture.append([
      createSample(callId),
      createSample(callId, { packetLossPercent: 5, direction: 'send' }),
      createSample(callId, { fps: 3, height: 720, codec: 'VP8' }),
    ]);
    await fixture.waitUntilDrained();
    const rows = await fixture.query(
      `SELECT direction, level, round(mos::numeric, 2)::float AS mos, codec
       FROM call_quality_metrics WHERE call_id = $1 ORDER BY arrived_at, sequence`,
      [callId],
    );
    expect(rows).toEqual([
      { direction: 'receive', level: 'excellent', mos: 4.41, codec: null },
      { direction: 'send', level: 'good', mos: expect.closeTo(3.93, 1), codec: null },
      { direction: 'receive', level: 'poor', mos: 4.41, codec: 'VP8' },
    ]);
    expect(await readMetric(ingester, outcome('stored'))).toBe(3);
    expect(await readMetric(ingester, 'ringline_quality_mos_count')).toBe(3);
    expect(await readMetric(ingester, 'ringline_quality_lag_seconds_count')).toBe(3);
  });

  it('appended before the first ingester started are stored', async () => {
    await fixture.append([createSample(callId)]);
    ingester = await fixture.startIngester();
    await fixture.waitUntilDrained();
    expect(await fixture.readStoredIds(callId)).toHaveLength(1);
  });

  it('are scored with the round trip of the other end once it has reported', async () => {
    ingester = await fixture.startIngester();
    await fixture.append([
      createSample(callId, { userId: 'far', roundTripMs: 700 }),
      createSample(callId, { userId: 'near', roundTripMs: 20 }),
    ]);
    await fixture.waitUntilDrained();
    const rows = await fixture.query<{ user_id: string; r: number }>(
      'SELECT user_id, r FROM call_quality_metrics WHERE call_id = $1 ORDER BY arrived_at, sequence',
      [callId],
    );
    // One way, far: 350 ms and, assumed for the other end, 350 ms. Near: 10 ms and 350 ms.
    expect(rows).toEqual([
      { user_id: 'far', r: expect.closeTo(54.3, 0) },
      { user_id: 'near', r: expect.closeTo(69.9, 0) },
    ]);
  });

  it('are scored with the newest round trip of the other end even if an older sample arrives later', async () => {
    ingester = await fixture.startIngester();
    const now = Date.now();
    const samples = [
      { userId: 'far', roundTripMs: 700, arrivedAt: now, sequence: 1 },
      { userId: 'far', roundTripMs: 20, arrivedAt: now - 20_000, sequence: 1 },
      { userId: 'near', roundTripMs: 20, arrivedAt: now, sequence: 2 },
    ];
    await appendSamples(
      fixture.redis,
      samples.map(({ userId, roundTripMs, ...id }) => ({
        ...createSample(callId, { userId, roundTripMs }),
        ...id,
      })),
      1000,
    );
    await fixture.waitUntilDrained();
    const rows = await fixture.query(
      `SELECT r FROM call_quality_metrics WHERE call_id = $1 AND user_id = 'near'`,
      [callId],
    );
    expect(rows).toEqual([{ r: expect.closeTo(69.9, 0) }]);
  });

  it('are stored by the thousand', async () => {
    await fixture.append(Array.from({ length: 3500 }, () => createSample(callId)));
    ingester = await fixture.startIngester();
    await fixture.waitUntilDrained();
    const ids = await fixture.readStoredIds(callId);
    expect(ids).toHaveLength(3500);
    expect(new Set(ids).size).toBe(3500);
  });

  it('that are malformed are dropped and counted, and do not affect others', async () => {
    ingester = await fixture.startIngester();
    await fixture.redis.xadd(QUALITY_STREAM, '*', 'sample', 'not even JSON');
    await fixture.redis.xadd(QUALITY_STREAM, '*', 'else', '{}');
    await fixture.redis.xadd(
      QUALITY_STREAM,
      '*',
      'sample',
      JSON.stringify({ callId, jitterMs: 1e308 }),
    );
    await fixture.append([createSample(callId)]);
    await fixture.waitUntilDrained();
    expect(await fixture.readStoredIds(callId)).toHaveLength(1);
    expect(await readMetric(ingester, outcome('rejected'))).toBe(3);
  });

  it('of a newer release are stored with their known fields', async () => {
    ingester = await fixture.startIngester();
    const newer = { ...createSample(callId), unknownField: 1 };
    await fixture.redis.xadd(QUALITY_STREAM, '*', 'sample', JSON.stringify(newer));
    await fixture.waitUntilDrained();
    expect(await fixture.readStoredIds(callId)).toHaveLength(1);
  });

  it('are stored once under their own id, however often they were appended', async () => {
    const arrivedAt = Date.now() - 3_600_000;
    const sequence = Number.MAX_SAFE_INTEGER - 1;
    const copies = [0, 1, 0, 0, 1].map((more) => ({
      ...createSample(callId),
      ...{ arrivedAt, sequence: sequence + more },
    }));
    await appendSamples(fixture.redis, copies.slice(0, 3), 1000);
    ingester = await fixture.startIngester();
    await fixture.waitUntilDrained();
    await appendSamples(fixture.redis, copies.slice(3), 1000);
    await fixture.waitUntilDrained();
    expect(await fixture.readStoredIds(callId)).toEqual([
      `${arrivedAt}-${sequence}`,
      `${arrivedAt}-${sequence + 1}`,
    ]);
    expect(await readMetric(ingester, outcome('duplicate'))).toBe(3);
  });

  it('with an invalid id are dropped and counted', async () => {
    ingester = await fixture.startIngester();
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
      const json = JSON.stringify({ ...createSample(callId), ...id });
      await fixture.redis.xadd(QUALITY_STREAM, '*', 'sample', json);
    }
    await fixture.waitUntilDrained();
    expect(await fixture.readStoredIds(callId)).toEqual([]);
    expect(await readMetric(ingester, outcome('rejected'))).toBe(wrong.length);
  });

  it('that the database refuses are dropped, and the others of the batch are stored', async () => {
    await fixture.query(
      "ALTER TABLE call_quality_metrics ADD CONSTRAINT poison CHECK (user_id <> 'poison')",
    );
    const samples = Array.from({ length: 20 }, (_, index) =>
      createSample(callId, { userId: index === 7 || index === 13 ? 'poison' : 'ann' }),
    );
    await fixture.append(samples);
    ingester = await fixture.startIngester();
    await fixture.waitUntilDrained();
    expect(await fixture.readStoredIds(callId)).toHaveLength(18);
    expect(await readMetric(ingester, outcome('rejected'))).toBe(2);
    expect(await readMetric(ingester, outcome('stored'))).toBe(18);
  });
});
