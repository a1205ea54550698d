import { createBackground, type Engine } from '@ringline/engine';
import type { Job } from '@ringline/platform';
import type { Lease } from '../lease.ts';
import { look, NO_SUSPICIONS } from '../reconcile/look.ts';

const EVERY_MS = 5000;
/** Long enough for a look at many rooms, short enough for another worker to be there before a user notices. */
export const RECONCILER_LEASE_SECONDS = 15;

/**
 * Looks every five seconds where LiveKit and our calls differ, one worker at a time. A look that outlives its lease does
 * no harm, since all that it finds goes through the machine.
 */
export function reconciliation(engine: Engine, lease: Lease): Job {
  // What a look lets LiveKit do is waited for within the look, and so must not be mixed with the work of others.
  const parts = { ...engine, background: createBackground(engine.logger) };
  let suspicions = NO_SUSPICIONS;
  return {
    name: 'reconciliation',
    everyMs: EVERY_MS,
    run: async (stopping) => {
      const before = suspicions;
      // A look that fails, and one that another worker had, breaks the row.
      suspicions = NO_SUSPICIONS;
      if (await lease.take()) suspicions = await look(parts, before, stopping);
      return false;
    },
  };
}
