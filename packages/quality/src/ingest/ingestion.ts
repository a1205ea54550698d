import type { Logger } from '@ringline/platform';
import type { Consumer } from './consumer.ts';
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

const HOUR_MS = 3_600_000;

/** Moves samples from the Redis stream to Postgres until it is stopped. */
export function startIngestion({ consumer, storeBatch, logger }: IngestionParts): Ingestion {
  const stopping = new AbortController();
  const { signal } = stopping;
  const gather = createGather({ consumer, logger }, signal);

  /** Gathers the next batch while one is stored. */
  const run = async (): Promise<void> => {
    let next = gather();
    for (;;) {
      const batch = await next;
      if (batch.length === 0 && signal.aborted) return;
      next = gather();
      if (batch.length > 0) await storeBatch(batch, signal);
    }
  };

  const removeDead = (): Promise<void> =>
    consumer
      .removeOthers(HOUR_MS)
      .catch((error: unknown) => logger.debug('could not remove dead consumers', { error }));

  const ended = Promise.all([removeDead(), run()]);
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
