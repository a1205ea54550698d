import type { Job, Logger } from '@ringline/platform';
import type { Store } from '@ringline/store';

const EVERY_MS = 60_000;
/** Lines of calls that are over, summarised in one transaction. */
const BATCH = 200;

/**
 * Sees to it that tomorrow's samples have somewhere to go, that old ones are forgotten by the day, and that calls which are
 * over are summarised while their samples are there. All of it is idempotent, so every worker does it.
 */
export function quality(
  { store, logger }: { store: Store; logger: Logger },
  { qualityDays }: { qualityDays: number },
): Job {
  return {
    name: 'quality',
    everyMs: EVERY_MS,
    run: async () => {
      const made = await store.quality.makePartitions();
      const dropped = await store.quality.dropPartitions(qualityDays);
      if (made + dropped > 0) logger.info('quality partitions follow the days', { made, dropped });
      return (await store.quality.summarise(BATCH)) > 0;
    },
  };
}
