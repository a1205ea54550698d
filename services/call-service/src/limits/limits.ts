import type { CallServiceConfig } from '@ringline/platform';
import { createSampleLimit } from '../quality/sample-limit.ts';
import type { LimitParts } from './ask-redis.ts';
import { createRequestLimit } from './requests.ts';
import { createSocketAllowances } from './socket-allowance.ts';
import { createSocketsOfUser } from './sockets-of-user.ts';
import { createToggleRate } from './toggles.ts';
import { createUnansweredRings } from './unanswered-rings.ts';

export type Limits = ReturnType<typeof createLimits>;

/** Every limit of the service. */
export function createLimits(parts: LimitParts, rateLimits: CallServiceConfig['rateLimits']) {
  return {
    requestLimit: createRequestLimit(parts, rateLimits),
    rings: createUnansweredRings(parts, rateLimits),
    toggleRate: createToggleRate(parts, rateLimits),
    sampleRate: createSampleLimit(parts, rateLimits),
    socketsOfUser: createSocketsOfUser(parts, rateLimits),
    createAllowance: createSocketAllowances(rateLimits),
  };
}
