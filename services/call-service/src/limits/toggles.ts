import type { CallServiceConfig } from '@ringline/platform';
import type { LimitParts } from './ask-redis.ts';
import { createRate, type Rate } from './rate.ts';

/**
 * Limits toggles to a burst, which is refilled at a constant rate. Each toggle is an event that is
 * stored and sent to everyone in the call, so a user may toggle only as often as a person would.
 */
export function createToggleRate(
  parts: LimitParts,
  { togglesPerSecond, toggleBurst }: CallServiceConfig['rateLimits'],
): Rate {
  const isOff = togglesPerSecond === 0;
  const seconds = Math.ceil(toggleBurst / togglesPerSecond);
  return createRate(parts, 'toggles', isOff ? 0 : toggleBurst, seconds);
}
