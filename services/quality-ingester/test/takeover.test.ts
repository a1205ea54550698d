import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { QUALITY_STREAM } from '@ringline/quality';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import {
  createCallId,
  createIngesterFixture,
  createSample,
  type IngesterFixture,
  readMetric,
} from './fixture.ts';

const GROUP = 'ingesters';
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

describe('samples that another ingester has read', () => {
  const DEAD = 'dead';

  /** Appends samples and reads them at once, like an ingester that dies before it stores them. */
  const appendAndRead = async (count: number): Promise<string[]> => {
    const transaction = fixture.redis.multi();
    for (let index = 0; index < count; index += 1) {
      transaction.xadd(QUALITY_STREAM, '*', 'sample', JSON.stringify(createSample(callId)));
    }
    transaction.xreadgroup(
      ...(['GROUP', GROUP, DEAD, 'COUNT', count, 'STREAMS', QUALITY_STREAM, '>'] as const),
    );
    const replies = await transaction.exec();
    return (replies ?? []).slice(0, count).map(([, id]) => String(id));
  };

  /** Sets how long these entries have been pending. */
  const setPendingTime = (ids: string[], pendingMs: number) =>
    fixture.redis.xclaim(QUALITY_STREAM, GROUP, DEAD, 0, ...ids, 'IDLE', pendingMs, 'JUSTID');

  const storeOneMore = async (userId: string): Promise<void> => {
    await fixture.append([createSample(callId, { userId })]);
    await until('it is stored', async () => {
      const rows = 'SELECT FROM call_quality_metrics WHERE call_id = $1 AND user_id = $2';
      return (await fixture.query(rows, [callId, userId])).length === 1;
    });
  };

  it('are taken over once they have been pending for too long', async () => {
    ingester = await fixture.startIngester();
    await storeOneMore('bob');
    const ids = await appendAndRead(30);
    await storeOneMore('cyn');
    await until('all others are stored', async () => {
      return (await fixture.redis.xlen(QUALITY_STREAM)) === 30;
    });
    await setPendingTime(ids, 11_000);
    await fixture.waitUntilDrained();
    expect(await fixture.readStoredIds(callId)).toHaveLength(32);
    expect(ingester.output()).toContain('took over quality samples');
  });

  it('and stored without acknowledging are recognized by their id', async () => {
    const now = Date.now();
    // Redis refuses ids that are older than the last one.
    await fixture.redis.del(QUALITY_STREAM);
    ingester = await fixture.startIngester();
    for (let second = 0; second < 5; second += 1)
      await fixture.appendAt(now + second, createSample(callId));
    await fixture.waitUntilDrained();
    const ids = await fixture.readStoredIds(callId);
    // Redis accepts the same ids again only after the stream was deleted.
    await fixture.redis.del(QUALITY_STREAM);
    for (let second = 0; second < 5; second += 1)
      await fixture.appendAt(now + second, createSample(callId));
    await fixture.waitUntilDrained();
    expect(await fixture.readStoredIds(callId)).toEqual(ids);
    expect(await readMetric(ingester, outcome('duplicate'))).toBe(5);
  });
});
