import { ranOutOfTime, TRANSACTION_MS } from './database.ts';

/** What a batch locks is locked no longer than this, even if its process freezes. */
const BATCH_MS = 1000;

/** Does one batch of up to `most`; `work` does up to `limit` in a transaction of `timeoutMs`, and says how many it did. */
export type InBatches = <Result>(
  most: number,
  work: (limit: number, timeoutMs: number) => Promise<Result>,
  countOf: (result: Result) => number,
) => Promise<Result>;

/** How long a full batch should take: long enough that what each transaction costs counts for little, with room to spare. */
const TARGET_MS = 700;

/** The next size, from how long a full batch took. It changes by half or double at most, for one slow batch says little. */
function nextSize(limit: number, tookMs: number): number {
  return Math.max(1, Math.round(limit * Math.min(2, Math.max(0.5, TARGET_MS / tookMs))));
}

/**
 * Finds out how large a batch fits into its time. A batch that runs out of time is halved and tried again at once. A batch
 * of one is given as long as any transaction.
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
