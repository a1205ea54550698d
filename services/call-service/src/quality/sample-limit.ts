import type { CallServiceConfig } from '@ringline/platform';
import type { LimitParts } from '../limits/ask-redis.ts';
import { createRate, type Rate } from '../limits/rate.ts';

/**
 * Lets a user's samples pass up to the burst at once, on any number of replicas, and as many again
 * each time that the rate has made up for them.
 */
export function createSampleLimit(
  parts: LimitParts,
  { qualitySamplesPerMinute, qualitySampleBurst }: CallServiceConfig['rateLimits'],
): Rate {
  const isOff = qualitySamplesPerMinute === 0;
  const seconds = Math.ceil((qualitySampleBurst / qualitySamplesPerMinute) * 60);
  return createRate(parts, 'quality_samples', isOff ? 0 : qualitySampleBurst, seconds);
}
