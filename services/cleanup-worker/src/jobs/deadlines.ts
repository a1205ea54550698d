import { type Engine, expireDueCalls } from '@ringline/engine';
import type { Job } from '@ringline/platform';

/** So late, at most, is a ring that nobody answers. */
const EVERY_MS = 100;
/** Calls decided in one transaction; the next one begins at once while there are more. */
const BATCH = 200;

/** Applies every deadline that has passed: ring, connect, grace, solo, maximum duration. */
export function deadlines(parts: Engine): Job {
  return {
    name: 'deadlines',
    everyMs: EVERY_MS,
    run: async () => (await expireDueCalls(parts, BATCH)) > 0,
  };
}
