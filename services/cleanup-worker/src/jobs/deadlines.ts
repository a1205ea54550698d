import { type Engine, expireDueCalls } from '@ringline/engine';
import type { Job } from '@ringline/platform';

/** The most that a deadline is late while no batch is full. */
const EVERY_MS = 100;
/** Calls in one transaction. The next one starts at once while there are more. */
const BATCH = 200;

/** Expires every deadline that has passed: ring, connect, grace, solo, maximum duration. */
export function deadlines(engine: Engine): Job {
  return {
    name: 'deadlines',
    everyMs: EVERY_MS,
    run: async () => (await expireDueCalls(engine, BATCH)) > 0,
  };
}
