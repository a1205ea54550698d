import { type Publisher, ringsAgain } from '@ringline/engine';
import type { Store } from '@ringline/store';
import type { Duty } from '../repeat.ts';

const REPEAT_AFTER_MS = 2000;
const EVERY_MS = 250;

/** Sends every ring again that no device has acknowledged for two seconds. */
export function rings({ store, publisher }: { store: Store; publisher: Publisher }): Duty {
  return {
    name: 'rings',
    everyMs: EVERY_MS,
    round: async () => {
      if (!publisher.reachesAll()) return false;
      const unacknowledged = await store.repeatRings(REPEAT_AFTER_MS);
      if (unacknowledged.length === 0) return false;
      await publisher.publish(await ringsAgain(store, unacknowledged));
      return false;
    },
  };
}
