import type { Job, Logger } from '@ringline/platform';
import type { QualityStore } from '@ringline/quality';

const EVERY_MS = 60_000;
/** Streams of ended calls that one transaction summarises. */
const BATCH = 200;

/**
 * Creates tomorrow's partition of the samples, drops old ones, and summarises ended calls while
 * their samples exist. All of it is idempotent, so every worker does it.
 */
export function quality(
  { quality, logger }: { quality: QualityStore; logger: Logger },
  { qualityDays }: { qualityDays: number },
): Job {
  return {
    name: 'quality',
    everyMs: EVERY_MS,
    run: async () => {
      const made = await quality.makePartitions();
      const dropped = await quality.dropPartitions(qualityDays);
      if (made + dropped > 0)
        logger.info('quality partitions created or dropped', { made, dropped });
      return (await quality.summarise(BATCH)) > 0;
    },
  };
}
