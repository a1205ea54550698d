import { type Engine, refreshGauges } from '@ringline/engine';
import type { Job } from '@ringline/platform';

const EVERY_MS = 5000;

/** Refreshes the gauges that are counted in the database. */
export function gauges(engine: Engine): Job {
  return {
    name: 'gauges',
    everyMs: EVERY_MS,
    run: async () => {
      await refreshGauges(engine);
      return false;
    },
  };
}
