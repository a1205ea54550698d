import type { Publisher } from '@ringline/engine';
import type { Job } from '@ringline/platform';
import type { Store } from '@ringline/store';

/** Whoever committed publishes at once; by now they are dead, or Redis was away from them. */
const LEFT_UNSENT_MS = 1000;
const EVERY_MS = 250;
const BATCH = 100;

export interface RedeliveryParts {
  store: Store;
  publisher: Publisher;
}

/**
 * Publishes what was committed and Redis has not taken, within two seconds of its commit. While Redis is away it stays where it is:
 * from here, nobody would hear it.
 */
export function redelivery({ store, publisher }: RedeliveryParts): Job {
  return {
    name: 'redelivery',
    everyMs: EVERY_MS,
    run: async () => {
      if (!publisher.reachesAll()) return false;
      const told = await store.redeliver(LEFT_UNSENT_MS, BATCH, (entries) =>
        publisher.publish(entries.flatMap(({ messages }) => messages)),
      );
      return told === BATCH;
    },
  };
}
