import type { Refusal } from '@ringline/domain';
import { type Logger, type Metrics, type RedisClient, within } from '@ringline/platform';
import { refused } from '../result.ts';

/** The dependencies of limits that all replicas share. */
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
  | 'toggles'
  | 'quality_samples';

/** Longer than Redis usually takes, and too short for users to notice while Redis hangs. */
const PATIENCE_MS = 250;

/**
 * Queries Redis for a limit. Limits fail open: without a reply this resolves to `otherwise`, since
 * a limit that cannot be checked must not stop a call.
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

/** In whole seconds, at least 1, so that clients do not retry at once. */
export function secondsUntil(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
