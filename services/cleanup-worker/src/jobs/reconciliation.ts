import { createBackgroundTasks, type Engine } from '@ringline/engine';
import type { Job } from '@ringline/platform';
import type { Lease } from '../lease.ts';
import { compareWithLiveKit, NOTHING_UNCONFIRMED } from '../reconcile/compare.ts';

const EVERY_MS = 5000;
/** Renewed for every few rooms. Another worker takes over this soon after one has died. */
export const RECONCILER_LEASE_SECONDS = 15;

/** Compares LiveKit with our calls, one worker at a time, and repairs the differences. */
export function reconciliation(engine: Engine, lease: Lease): Job {
  // A comparison waits for its own requests to LiveKit, so they have their own queue.
  const own = { ...engine, backgroundTasks: createBackgroundTasks(engine.logger) };
  let unconfirmed = NOTHING_UNCONFIRMED;
  return {
    name: 'reconciliation',
    everyMs: EVERY_MS,
    run: async (stopping) => {
      const before = unconfirmed;
      // Only two consecutive comparisons by the same worker confirm a difference.
      unconfirmed = NOTHING_UNCONFIRMED;
      if (await lease.take()) {
        unconfirmed = await compareWithLiveKit(own, lease, before, stopping);
      }
      return false;
    },
  };
}
