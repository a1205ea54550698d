import type { CallServiceConfig } from '@ringline/platform';
import type { LimitParts } from '../limits/ask-redis.ts';
import { createRate, type Rate } from '../limits/rate.ts';

/**
 * Limits a user's samples, on all replicas together, to a burst that is refilled at a constant
 * rate.
 */
export function createSampleLimit(
  parts: LimitParts,
  { qualitySamplesPerMinute, qualitySampleBurst }: CallServiceConfig['rateLimits'],
): Rate {
  const isOff = qualitySamplesPerMinute === 0;
  const seconds = Math.ceil((qualitySampleBurst / qualitySamplesPerMinute) * 60);
  return createRate(parts, 'quality_samples', isOff ? 0 : qualitySampleBurst, seconds);
}
