import type { Logger } from '@ringline/platform';
import type { Consumer, Entry } from './consumer.ts';
import { createGather } from './gather.ts';
import type { StoreBatch } from './store-batch.ts';

export interface IngestionParts {
  consumer: Consumer;
  storeBatch: StoreBatch;
  logger: Logger;
}

export interface Ingestion {
  /** Stores the entries that were read, and leaves the consumer group. */
  stop(): Promise<void>;
}

/** While some loops wait for Postgres, another one gathers and prepares the next batch. */
const LOOPS = 4;

const HOUR_MS = 3_600_000;

/** Moves samples from the Redis stream to Postgres until it is stopped. */
export function startIngestion({ consumer, storeBatch, logger }: IngestionParts): Ingestion {
  const stopping = new AbortController();
  const { signal } = stopping;
  const gather = createGather({ consumer, logger }, signal);

  // Only one batch is gathered at a time, on the one connection that may block.
  let gathered: Promise<Entry[]> = Promise.resolve([]);
  const nextBatch = (): Promise<Entry[]> => {
    gathered = gathered.then(gather);
    return gathered;
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const batch = await nextBatch();
      if (batch.length > 0) await storeBatch(batch, signal);
    }
  };

  const removeDead = (): Promise<void> =>
    consumer
      .removeOthers(HOUR_MS)
      .catch((error: unknown) => logger.debug('could not remove dead consumers', { error }));

  const ended = Promise.all([removeDead(), ...Array.from({ length: LOOPS }, run)]);
  return {
    stop: async () => {
      stopping.abort();
      await ended;
      await consumer
        .leave()
        .catch((error: unknown) => logger.debug('could not leave the consumer group', { error }));
    },
  };
}
