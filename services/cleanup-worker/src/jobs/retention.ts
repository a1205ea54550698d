import type { Job, Logger } from '@ringline/platform';
import type { Retention, Store } from '@ringline/store';
import type { Lease } from '../lease.ts';

const HOUR_MS = 3_600_000;

export interface RetentionParts {
  store: Store;
  /** Expires after an hour, so that one worker does this once an hour. */
  lease: Lease;
  logger: Logger;
}

export const RETENTION_LEASE_SECONDS = HOUR_MS / 1000;

/** Deletes data that is older than its retention. */
export function retention({ store, lease, logger }: RetentionParts, periods: Retention): Job {
  return {
    name: 'retention',
    everyMs: HOUR_MS,
    run: async () => {
      if (!(await lease.take())) return false;
      const purged = await store.purgeExpired(periods);
      if (Object.values(purged).some((rows) => rows > 0)) {
        logger.info('deleted data past its retention', { ...purged });
      }
      return false;
    },
  };
}
