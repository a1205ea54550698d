import { ranOutOfTime, TRANSACTION_MS } from './database.ts';

/** What a batch locks is locked no longer than this, even if its process freezes. */
const BATCH_MS = 1000;

/** Does one batch of up to `most`; `work` does up to `limit` in a transaction of `timeoutMs`, and says how many it did. */
export type InBatches = <Result>(
  most: number,
  work: (limit: number, timeoutMs: number) => Promise<Result>,
  countOf: (result: Result) => number,
) => Promise<Result>;

/**
 * Finds out how large a batch fits into its time. A batch that runs out of time is halved and tried again at once; a full
 * one that took less than a quarter of its time doubles the next. A batch of one is given as long as any transaction.
 */
export const createBatchSize = (): InBatches => {
  let size = Number.POSITIVE_INFINITY;
  return async (most, work, countOf) => {
    for (;;) {
      const limit = Math.min(most, size);
      const startedAt = performance.now();
      try {
        const result = await work(limit, limit > 1 ? BATCH_MS : TRANSACTION_MS);
        const quick = performance.now() - startedAt < BATCH_MS / 4;
        if (quick && countOf(result) >= limit) size = limit * 2;
        return result;
      } catch (error) {
        if (limit <= 1 || !ranOutOfTime(error)) throw error;
        size = Math.floor(limit / 2);
      }
    }
  };
};
