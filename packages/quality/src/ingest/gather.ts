import type { Logger } from '@ringline/platform';
import type { Consumer, Entry } from './consumer.ts';
import { pauseAfter, rest } from './pause.ts';

/** A batch is complete with this many entries, */
const BATCH = 1000;
/** or this long after its first. */
const GATHER_MS = 250;
const BLOCK_MS = 500;
/** Without Redis, a read never ends; once told to stop, we wait no longer for it. */
const LAST_READ_MS = 2000;

/**
 * Storing a batch takes milliseconds: a consumer that holds one this long is dead, or waits for
 * Postgres like all others.
 */
const HELD_TOO_LONG_MS = 10_000;
const TAKE_OVER_EVERY_MS = 2000;

/** Rejects if the read has not ended some time after `signal` was aborted. */
async function giveUp<Result>(read: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const startTimer = () => setTimeout(() => reject(new Error('stopping')), LAST_READ_MS);
  signal.addEventListener('abort', startTimer, { once: true });
  try {
    return await Promise.race([read, late]);
  } finally {
    signal.removeEventListener('abort', startTimer);
  }
}

/**
 * Gathers one batch at a time. Never rejects: the batch is empty after a failure and a pause, and
 * once `signal` is aborted.
 */
export function createGather(
  { consumer, logger }: { consumer: Consumer; logger: Logger },
  signal: AbortSignal,
): () => Promise<Entry[]> {
  let takeOverAt = 0;
  let failures = 0;

  const takeOver = async (): Promise<Entry[]> => {
    if (performance.now() < takeOverAt) return [];
    const entries = await consumer.takeOver(BATCH, HELD_TOO_LONG_MS);
    if (entries.length > 0) logger.info('took over quality samples', { samples: entries.length });
    // After a full take-over there may be more.
    if (entries.length === 0) takeOverAt = performance.now() + TAKE_OVER_EVERY_MS;
    return entries;
  };

  const readBatch = async (): Promise<Entry[]> => {
    const held = await takeOver();
    if (held.length > 0) return held;
    const first = await consumer.read(BATCH, BLOCK_MS);
    if (first.length === 0 || first.length >= BATCH) return first;
    await rest(GATHER_MS, signal);
    return [...first, ...(await consumer.read(BATCH - first.length, null))];
  };

  return async () => {
    if (signal.aborted) return [];
    try {
      const batch = await giveUp(readBatch(), signal);
      failures = 0;
      return batch;
    } catch (error) {
      failures += 1;
      const log = failures === 1 ? logger.warn : logger.debug;
      if (!signal.aborted) log('quality samples cannot be read', { failures, error });
      await pauseAfter(failures, signal);
      return [];
    }
  };
}
