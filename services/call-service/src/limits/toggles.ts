import type { CallServiceConfig } from '@ringline/platform';
import type { LimitParts } from './ask-redis.ts';
import { createRate, type Rate } from './rate.ts';

/**
 * Limits toggles: a burst at once, and the same number again whenever the rate has made up for it.
 * Each toggle is an event that is stored and sent to everybody in the call, so a user may toggle as
 * often as a person can, and no more.
 */
export function createToggleRate(
  parts: LimitParts,
  { togglesPerSecond, toggleBurst }: CallServiceConfig['rateLimits'],
): Rate {
  const isOff = togglesPerSecond === 0;
  const seconds = Math.ceil(toggleBurst / togglesPerSecond);
  return createRate(parts, 'toggles', isOff ? 0 : toggleBurst, seconds);
}
