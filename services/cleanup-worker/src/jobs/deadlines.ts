import { type Engine, expireDueCalls } from '@ringline/engine';
import type { Job } from '@ringline/platform';

/** A deadline is at most this late, unless a batch is full. */
const EVERY_MS = 100;
/** Calls in one transaction. After a full batch the next one starts at once. */
const BATCH = 200;

/** Applies every deadline that has passed: ring, connect, grace, solo, maximum duration. */
export function deadlines(engine: Engine): Job {
  return {
    name: 'deadlines',
    everyMs: EVERY_MS,
    run: async () => (await expireDueCalls(engine, BATCH)) > 0,
  };
}
