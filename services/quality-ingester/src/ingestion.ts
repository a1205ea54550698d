import type { Logger } from '@ringline/platform';
import type { Consumer, Entry } from './consumer.ts';
import { pauseAfter, rest } from './pause.ts';

export interface IngestionParts {
  consumer: Consumer;
  keep: (entries: readonly Entry[], signal: AbortSignal) => Promise<void>;
  logger: Logger;
}

export interface Ingestion {
  /** Keeps what is in hand, and resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

/** A batch is full with so many, */
const BATCH = 1000;
/** or so long after its first. */
const GATHER_MS = 250;
/** How long a read waits for a first one, */
const BLOCK_MS = 500;
/** and how long we wait for a read when we are to stop: without Redis it would never end. */
const LAST_READ_MS = 2000;

/** A batch takes some milliseconds: who holds one for so long is dead, or waits for Postgres like everybody else. */
const HELD_TOO_LONG_MS = 10_000;
const TAKE_OVER_EVERY_MS = 2000;

/**
 * While one batch is gathered, others are stored: what one waits for in Postgres, another need not. Two connections of
 * the pool are left for everything else.
 */
const LANES = 8;

const HOUR_MS = 3_600_000;

/** Moves samples from the stream to where they are kept, from now until it is stopped. */
export function startIngestion({ consumer, keep, logger }: IngestionParts): Ingestion {
  const stopping = new AbortController();
  const { signal } = stopping;
  let takeOverAt = 0;
  let failures = 0;

  const takeOver = async (): Promise<Entry[]> => {
    if (performance.now() < takeOverAt) return [];
    const entries = await consumer.takeOver(BATCH, HELD_TOO_LONG_MS);
    if (entries.length > 0) logger.info('took over quality samples', { samples: entries.length });
    // While there is more, the next batch is taken over, too.
    if (entries.length === 0) takeOverAt = performance.now() + TAKE_OVER_EVERY_MS;
    return entries;
  };

  const gather = async (): Promise<Entry[]> => {
    const held = await takeOver();
    if (held.length > 0) return held;
    const first = await consumer.read(BATCH, BLOCK_MS);
    if (first.length === 0 || first.length >= BATCH) return first;
    await rest(GATHER_MS, signal);
    return [...first, ...(await consumer.read(BATCH - first.length, null))];
  };

  const orGiveUp = async <Result>(read: Promise<Result>): Promise<Result> => {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const begin = () => setTimeout(() => reject(new Error('stopping')), LAST_READ_MS);
    signal.addEventListener('abort', begin, { once: true });
    try {
      return await Promise.race([read, late]);
    } finally {
      signal.removeEventListener('abort', begin);
    }
  };

  /** Never rejects: without Redis there is no batch, after a while. */
  const gatherOrPause = async (): Promise<Entry[]> => {
    if (signal.aborted) return [];
    try {
      const batch = await orGiveUp(gather());
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

  // One batch is gathered at a time, on the one connection that may block.
  let lastBatch: Promise<Entry[]> = Promise.resolve([]);
  const nextBatch = (): Promise<Entry[]> => {
    lastBatch = lastBatch.then(gatherOrPause);
    return lastBatch;
  };

  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      const batch = await nextBatch();
      if (batch.length > 0) await keep(batch, signal);
    }
  };

  const forgetDead = async (): Promise<void> => {
    await consumer
      .forgetOthers(HOUR_MS)
      .catch((error: unknown) => logger.debug('dead consumers are not forgotten', { error }));
  };
  const ended = Promise.all([forgetDead(), ...Array.from({ length: LANES }, work)]);
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}
