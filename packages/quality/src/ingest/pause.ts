import { setTimeout as sleep } from 'node:timers/promises';

const MAX_PAUSE_MS = 2000;

/** Backs off exponentially, with jitter; returns early when `signal` is aborted. */
export async function pauseAfter(failures: number, signal: AbortSignal): Promise<void> {
  const pauseMs = Math.min(50 * 2 ** Math.min(failures, 10), MAX_PAUSE_MS);
  await rest(pauseMs / 2 + Math.random() * (pauseMs / 2), signal);
}

/** Waits, or returns early when `signal` is aborted. */
export async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
