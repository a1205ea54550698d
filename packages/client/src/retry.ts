/** When to try again. */
export interface RetryPolicy {
  /** Milliseconds to wait before try number `attempt` (0 is the first repetition); null gives up. */
  delayMs(attempt: number): number | null;
}

const FIRST_MS = 300;
const LONGEST_MS = 10_000;
const SPREAD = 0.5;

/**
 * Doubles from 300 ms to 10 s and never gives up. Half of each delay is chance, so that the clients of a
 * service that comes back do not all knock at the same moment.
 */
export const exponentialBackoff = (random: () => number = Math.random): RetryPolicy => ({
  delayMs: (attempt) => {
    const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
    return Math.round(full * (1 - SPREAD + SPREAD * random()));
  },
});

/** Resolves after `ms`, or at once when the signal is aborted. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
