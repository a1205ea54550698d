import type { Publisher } from '@ringline/engine';
import type { Job } from '@ringline/platform';
import type { Store } from '@ringline/store';

/** The committing process publishes at once. After this time it has died or cannot reach Redis. */
const UNSENT_FOR_MS = 1000;
const EVERY_MS = 250;
const BATCH = 100;

export interface RedeliveryParts {
  store: Store;
  publisher: Publisher;
}

/**
 * Publishes commits that Redis has not accepted, within two seconds. While Redis is away, they stay
 * in the outbox.
 */
export function redelivery({ store, publisher }: RedeliveryParts): Job {
  return {
    name: 'redelivery',
    everyMs: EVERY_MS,
    run: async () => {
      if (!publisher.reachesAll()) return false;
      const entries = await store.claimUnsent(UNSENT_FOR_MS, BATCH);
      await publisher.publish(entries.flatMap(({ messages }) => messages));
      await store.clearOutbox(entries.map(({ id }) => id));
      return entries.length === BATCH;
    },
  };
}
