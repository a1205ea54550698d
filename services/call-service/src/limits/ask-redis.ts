import { type Logger, type Metrics, type RedisClient, within } from '@ringline/platform';
import { type Refusal, refused } from '../result.ts';

/** What every limit needs that counts on all replicas. */
export interface LimitParts {
  redis: RedisClient;
  metrics: Metrics;
  logger: Logger;
}

/** As the metrics name them. */
export type LimitName =
  | 'user_call_requests'
  | 'address_call_requests'
  | 'user_requests'
  | 'address_requests'
  | 'unanswered_rings'
  | 'sockets'
  | 'socket_events'
  | 'socket_bytes'
  | 'quality_samples';

/** Longer than Redis ever takes, and short enough that nobody minds while it hangs. */
const PATIENCE_MS = 250;

/**
 * Asks Redis about a limit. Limits fail open: without an answer the caller goes on with `otherwise`, for a limit
 * that cannot be counted must not keep anybody from calling.
 */
export async function askRedis<T>(
  { metrics, logger }: LimitParts,
  limit: LimitName,
  ask: () => Promise<T>,
  otherwise: T,
): Promise<T> {
  try {
    return await within(PATIENCE_MS, ask());
  } catch (error) {
    metrics.rateLimitFailures.inc({ limit });
    logger.debug('a limit could not be counted', { limit, error });
    return otherwise;
  }
}

export function tooMany(what: string, retryAfterSeconds: number): Refusal {
  return {
    ...refused('RATE_LIMITED', `Too many ${what}.`).refusal,
    retryAfterSeconds,
  };
}

/** Until then in whole seconds, never 0: who is told to come back at once does. */
export function secondsUntil(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
