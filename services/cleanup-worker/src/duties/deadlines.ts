import { type EngineParts, settleDue } from '@ringline/engine';
import type { Duty } from '../repeat.ts';

/** So late, at most, is a ring that nobody answers. */
const EVERY_MS = 100;
/** Calls decided in one transaction; the next one begins at once while there are more. */
const BATCH = 200;

/** Applies every deadline that has passed: ring, connect, grace, solo, maximum duration. */
export function deadlines(parts: EngineParts): Duty {
  return {
    name: 'deadlines',
    everyMs: EVERY_MS,
    round: async () => (await settleDue(parts, BATCH)) > 0,
  };
}
