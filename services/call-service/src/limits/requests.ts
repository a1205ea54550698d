import type { CallServiceConfig } from '@ringline/platform';
import type { Refused } from '../answer.ts';
import type { Asker } from '../identity/asker.ts';
import { type LimitParts, tooMany } from './ask-redis.ts';
import { networkOf } from './network.ts';
import { createRate } from './rate.ts';

/** Whether a request from this address is one too many; the asker is null where the token was not believed. */
export type RequestLimit = (address: string, asker: Asker | null) => Promise<Refused | null>;

const WINDOW_SECONDS = 60;

/**
 * Limits REST requests by user and by address. The host app's backend asks for many users from one address: it
 * counts as each of them, and nowhere else.
 */
export const createRequestLimit = (
  parts: LimitParts,
  limits: CallServiceConfig['rateLimits'],
): RequestLimit => {
  const { userRequestsPerMinute, addressRequestsPerMinute } = limits;
  const ofUser = createRate(parts, 'user_requests', userRequestsPerMinute, WINDOW_SECONDS);
  const ofAddress = createRate(parts, 'address_requests', addressRequestsPerMinute, WINDOW_SECONDS);
  return async (address, asker) => {
    const person = asker?.person ?? null;
    // A user who asks too much takes nothing from those who share the address.
    const byUser = person === null ? null : await ofUser(person.userId);
    if (byUser !== null) return tooMany('requests', byUser);
    const isBackend = asker !== null && asker.scope !== 'user';
    const byAddress = isBackend ? null : await ofAddress(networkOf(address));
    return byAddress === null ? null : tooMany('requests', byAddress);
  };
};
