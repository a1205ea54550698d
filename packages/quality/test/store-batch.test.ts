import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createMetrics } from '@ringline/platform';
import { createStoreBatch, type QualityStore, type ScoredSample } from '@ringline/quality';
import { StoreUnavailable } from '@ringline/store';
import { DatabaseError } from 'pg';
import { createStage, type Stage } from './stage.ts';

function ignore() {
  return undefined;
}
const logger = { error: ignore, warn: ignore, info: ignore, debug: ignore };
const { signal } = new AbortController();

/**
 * Entries of a stream that turned bad, as call services of 0.1.0 append them: the last arrived just
 * now.
 */
function createEntries(callId: string, userId: string, count = 4) {
  return Array.from({ length: count }, (_, index) => {
    const arrivedAt = Date.now() - (count - 1 - index) * 5000;
    const sample = {
      ...{ callId, userId, direction: 'send', at: new Date(arrivedAt).toISOString() },
      ...{ jitterMs: 2, packetLossPercent: 40, roundTripMs: 40 },
    };
    return [`${arrivedAt}-${index}`, ['sample', JSON.stringify(sample)]] as const;
  });
}

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage.close());

/** What was done, in order. */
let done: string[];
beforeEach(() => {
  done = [];
});

function create(parts: {
  quality?: Pick<QualityStore, 'storeSamples'>;
  publish?: () => Promise<void>;
}) {
  const { quality = stage.quality, publish = async () => undefined } = parts;
  return createStoreBatch({
    quality,
    store: stage.store,
    publisher: { publish },
    consumer: {
      acknowledge: async (ids) => {
        done.push(`acknowledged ${ids.length}`);
      },
    },
    logger,
    metrics: createMetrics(),
  });
}

function listNotices(callId: string) {
  return stage.query(
    `SELECT FROM outbox WHERE call_id = $1 AND messages::text LIKE '%quality_changed%'`,
    [callId],
  );
}

function timeOut(): StoreUnavailable {
  const error = new DatabaseError('terminating connection due to transaction timeout', 0, 'error');
  error.code = '25P04';
  return new StoreUnavailable(error);
}

describe('a batch', () => {
  it('is published after its transaction is committed, and acknowledged last', async () => {
    const [ann, bob] = [`ann-${randomUUID()}`, `bob-${randomUUID()}`];
    const callId = await stage.connectCall(ann, bob);
    const publish = async () => {
      // Another connection sees only what is committed, and an open transaction would be listed.
      const rows = await stage.query('SELECT FROM call_quality_metrics WHERE call_id = $1', [
        callId,
      ]);
      const open = await stage.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
           AND xact_start IS NOT NULL`,
      );
      done.push(`published with ${rows.length} rows and ${open.length} open transactions`);
    };
    await create({ publish })(createEntries(callId, ann), signal);
    expect(done).toEqual(['published with 4 rows and 0 open transactions', 'acknowledged 4']);
    expect(await listNotices(callId)).toEqual([]);
  });

  it('is acknowledged although publishing fails, and its outbox stays', async () => {
    const [ann, bob] = [`ann-${randomUUID()}`, `bob-${randomUUID()}`];
    const callId = await stage.connectCall(ann, bob);
    const publish = () => Promise.reject(new Error('Redis is away'));
    await create({ publish })(createEntries(callId, ann), signal);
    expect(done).toEqual(['acknowledged 4']);
    expect(await listNotices(callId)).toHaveLength(1);
  });

  it('is halved until it fits into the time of a transaction', async () => {
    const sizes: number[] = [];
    const stored: ScoredSample[] = [];
    const quality = {
      storeSamples: async (samples: readonly ScoredSample[]) => {
        sizes.push(samples.length);
        if (samples.length > 3) throw timeOut();
        stored.push(...samples);
        return { stored: samples, outbox: [] };
      },
    };
    const entries = createEntries(randomUUID(), 'ann', 10);
    await create({ quality })(entries, signal);
    expect(sizes).toEqual([10, 5, 3, 2, 5, 3, 2]);
    expect(stored.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index));
    expect(done).toEqual(['acknowledged 10']);
  });

  it('is stored again while Postgres is away, and not acknowledged before', async () => {
    let failures = 0;
    const quality: Pick<QualityStore, 'storeSamples'> = {
      storeSamples: async (samples, since) => {
        failures += 1;
        if (failures < 3) throw new StoreUnavailable(new Error('away'));
        expect(done).toEqual([]);
        return stage.quality.storeSamples(samples, since);
      },
    };
    await create({ quality })(createEntries(randomUUID(), 'ann'), signal);
    expect([failures, done]).toEqual([3, ['acknowledged 4']]);
  });

  it('stays in the stream if the ingester stops while Postgres is away', async () => {
    const stopping = new AbortController();
    const quality = {
      storeSamples: async () => {
        stopping.abort();
        throw new StoreUnavailable(new Error('away'));
      },
    };
    await create({ quality })(createEntries(randomUUID(), 'ann'), stopping.signal);
    expect(done).toEqual([]);
  });
});
