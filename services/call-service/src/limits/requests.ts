import type { RequestBudget } from '@ringline/contract';
import type { Refusal } from '@ringline/domain';
import type { CallServiceConfig } from '@ringline/platform';
import type { Principal } from '../identity/principal.ts';
import { type LimitName, type LimitParts, tooMany } from './ask-redis.ts';
import { toNetwork } from './network.ts';
import { createRate } from './rate.ts';

/** Refuses a request above the limit. The principal is null for an invalid token. */
export type RequestLimit = (
  address: string,
  principal: Principal | null,
  budget: RequestBudget,
) => Promise<Refusal | null>;

const WINDOW_SECONDS = 60;

/**
 * Limits REST requests by user and by address. Requests that a call needs are counted separately,
 * so that reading the history does not stop a user from answering. Requests of the host app's
 * backend count for the user it acts as, not for its address. Requests with invalid tokens count as
 * `other`, so that calls from the same address continue.
 */
export function createRequestLimit(
  parts: LimitParts,
  limits: CallServiceConfig['rateLimits'],
): RequestLimit {
  const rate = (name: LimitName, perMinute: number) =>
    createRate(parts, name, perMinute, WINDOW_SECONDS);
  const rates = {
    call: {
      user: rate('user_call_requests', limits.userCallRequestsPerMinute),
      address: rate('address_call_requests', limits.addressCallRequestsPerMinute),
    },
    other: {
      user: rate('user_requests', limits.userRequestsPerMinute),
      address: rate('address_requests', limits.addressRequestsPerMinute),
    },
  };
  return async (address, principal, budget) => {
    const { user, address: ofAddress } = rates[principal === null ? 'other' : budget];
    const person = principal?.person ?? null;
    // A refused request does not count against the address, which others share.
    const byUser = person === null ? null : await user(person.userId);
    if (byUser !== null) return tooMany('requests', byUser);
    const isBackend = principal !== null && principal.scope !== 'user';
    const byAddress = isBackend ? null : await ofAddress(toNetwork(address));
    return byAddress === null ? null : tooMany('requests', byAddress);
  };
}
