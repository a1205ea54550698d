import { type Engine, refreshGauges } from '@ringline/engine';
import type { Job } from '@ringline/platform';

const EVERY_MS = 5000;

/** Keeps the metrics up to date that only the database knows. */
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
