import { setTimeout as sleep } from 'node:timers/promises';

const LONGEST_MS = 2000;

/** Waits a little longer after each failure in a row, and not all processes in step; no longer than until `signal`. */
export async function pauseAfter(failures: number, signal: AbortSignal): Promise<void> {
  const pauseMs = Math.min(50 * 2 ** Math.min(failures, 10), LONGEST_MS);
  await rest(pauseMs / 2 + Math.random() * (pauseMs / 2), signal);
}

/** Resolves after so long, or at once when told to stop. */
export async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
