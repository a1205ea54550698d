import { type EngineParts, refreshGauges } from '@ringline/engine';
import type { Duty } from '../repeat.ts';

const EVERY_MS = 5000;

/** Keeps the metrics up to date that only the database knows. */
export function gauges(parts: EngineParts): Duty {
  return {
    name: 'gauges',
    everyMs: EVERY_MS,
    round: async () => {
      await refreshGauges(parts);
      return false;
    },
  };
}
