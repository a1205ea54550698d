import { type Engine, refreshGauges } from '@ringline/engine';
import type { Job } from '../run-repeatedly.ts';

const EVERY_MS = 5000;

/** Updates the gauges that show the state of the database. */
export function gauges(parts: Engine): Job {
  return {
    name: 'gauges',
    everyMs: EVERY_MS,
    run: async () => {
      await refreshGauges(parts);
      return false;
    },
  };
}
