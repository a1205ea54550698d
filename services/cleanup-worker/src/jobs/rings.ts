import { type Publisher, ringAgain } from '@ringline/engine';
import type { Job } from '@ringline/platform';
import type { Store } from '@ringline/store';

const REPEAT_AFTER_MS = 2000;
const EVERY_MS = 250;

/** Sends every ring again that no device has acknowledged for two seconds. */
export function rings({ store, publisher }: { store: Store; publisher: Publisher }): Job {
  return {
    name: 'rings',
    everyMs: EVERY_MS,
    run: async () => {
      if (!publisher.reachesAll()) return false;
      const unacknowledged = await store.resendRings(REPEAT_AFTER_MS);
      if (unacknowledged.length === 0) return false;
      await publisher.publish(await ringAgain(store, unacknowledged));
      return false;
    },
  };
}
