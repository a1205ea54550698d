import { createBackgroundTasks, type Engine } from '@ringline/engine';
import type { Job } from '@ringline/platform';
import type { Lease } from '../lease.ts';
import { look, NO_SUSPICIONS } from '../reconcile/look.ts';

const EVERY_MS = 5000;
/** It is renewed for every few rooms, so another worker takes over this soon after one has died. */
export const RECONCILER_LEASE_SECONDS = 15;

/** Compares LiveKit with our calls every five seconds, one worker at a time, and repairs the differences. */
export function reconciliation(engine: Engine, lease: Lease): Job {
  // A look waits for its own requests to LiveKit, so they have a queue of their own.
  const own = { ...engine, backgroundTasks: createBackgroundTasks(engine.logger) };
  let suspicions = NO_SUSPICIONS;
  return {
    name: 'reconciliation',
    everyMs: EVERY_MS,
    run: async (stopping) => {
      const before = suspicions;
      // Only two looks in a row by the same worker confirm a suspicion.
      suspicions = NO_SUSPICIONS;
      if (await lease.take()) suspicions = await look(own, lease, before, stopping);
      return false;
    },
  };
}
