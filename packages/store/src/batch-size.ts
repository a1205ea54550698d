import { TRANSACTION_MS } from './database.ts';
import { ranOutOfTime } from './database-errors.ts';

/** A batch holds its locks no longer than this, even if its process freezes. */
const BATCH_MS = 1000;

/**
 * Processes one batch of up to `most`. `work` processes up to `limit` in a transaction of at most
 * `timeoutMs`, and `countOf` returns how many it did.
 */
export type InBatches = <Result>(
  most: number,
  work: (limit: number, timeoutMs: number) => Promise<Result>,
  countOf: (result: Result) => number,
) => Promise<Result>;

/**
 * How long a full batch should take: a good part of `BATCH_MS`, so that few transactions are
 * needed.
 */
const TARGET_MS = 700;

/**
 * Computes the next size from how long a full batch took. At most halves or doubles it, since one
 * batch may be an outlier.
 */
function nextSize(limit: number, tookMs: number): number {
  return Math.max(1, Math.round(limit * Math.min(2, Math.max(0.5, TARGET_MS / tookMs))));
}

/**
 * Adapts the batch size to `TARGET_MS`. A batch that times out is halved and retried at once. A
 * batch of one gets the time of any other transaction.
 */
export function createBatchSize(): InBatches {
  let size = Number.POSITIVE_INFINITY;
  return async (most, work, countOf) => {
    for (;;) {
      const limit = Math.min(most, size);
      const startedAt = performance.now();
      try {
        const result = await work(limit, limit > 1 ? BATCH_MS : TRANSACTION_MS);
        if (countOf(result) >= limit) size = nextSize(limit, performance.now() - startedAt);
        return result;
      } catch (error) {
        if (limit <= 1 || !ranOutOfTime(error)) throw error;
        size = Math.floor(limit / 2);
      }
    }
  };
}
