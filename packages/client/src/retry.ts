import { isTransient } from './errors.ts';

/** Paces retries. */
export interface RetryPolicy {
  /** Milliseconds to wait before retry number `attempt`, counted from 0; null gives up. */
  delayMs(attempt: number): number | null;
}

const FIRST_MS = 300;
const LONGEST_MS = 10_000;
const RANDOM_SHARE = 0.5;

/**
 * Doubles from 300 ms to 10 s and never gives up. Half of each delay is random, so that the clients
 * of a service that recovers do not all connect at the same moment.
 */
export function exponentialBackoff(random: () => number = Math.random): RetryPolicy {
  return {
    delayMs: (attempt) => {
      const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
      return Math.round(full * (1 - RANDOM_SHARE * (1 - random())));
    },
  };
}

/**
 * Milliseconds to wait before a refused request is sent again; null after a final refusal, or when
 * the policy gives up. `longestMs` bounds the policy's delay. The service's `Retry-After` is added
 * to it, so that clients that were refused together do not come back together.
 */
export function retryDelayMs(
  retry: RetryPolicy,
  attempt: number,
  error: unknown,
  longestMs = Number.POSITIVE_INFINITY,
): number | null {
  if (!isTransient(error)) return null;
  const delay = retry.delayMs(attempt);
  const { retryAfterSeconds = 0 } = error.details;
  return delay === null ? null : Math.min(delay, longestMs) + 1000 * retryAfterSeconds;
}

/** Resolves after `ms`, or when the signal is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
