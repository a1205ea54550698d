import type { Job, Logger } from '@ringline/platform';
import type { Retention, Store } from '@ringline/store';
import type { Lease } from '../lease.ts';

const HOUR_MS = 3_600_000;

export interface RetentionParts {
  store: Store;
  /** Held for as long as `RETENTION_LEASE_SECONDS`, so that one worker does this once an hour. */
  lease: Lease;
  logger: Logger;
}

export const RETENTION_LEASE_SECONDS = HOUR_MS / 1000;

/** Deletes what is older than it is to be kept, batch by batch. */
export function retention({ store, lease, logger }: RetentionParts, kept: Retention): Job {
  return {
    name: 'retention',
    everyMs: HOUR_MS,
    run: async () => {
      if (!(await lease.take())) return false;
      const forgotten = await store.purgeExpired(kept);
      if (Object.values(forgotten).some((rows) => rows > 0)) {
        logger.info('deleted what was kept long enough', { ...forgotten });
      }
      return false;
    },
  };
}
