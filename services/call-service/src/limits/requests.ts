import type { RequestBudget } from '@ringline/contract';
import type { CallServiceConfig } from '@ringline/platform';
import type { Principal } from '../identity/principal.ts';
import type { Refusal } from '../result.ts';
import { type LimitName, type LimitParts, tooMany } from './ask-redis.ts';
import { toNetwork } from './network.ts';
import { createRate } from './rate.ts';

/** Whether a request from this address is one too many; the asker is null where the token was not believed. */
export type RequestLimit = (
  address: string,
  principal: Principal | null,
  budget: RequestBudget,
) => Promise<Refusal | null>;

const WINDOW_SECONDS = 60;

/**
 * Limits REST requests by user and by address, those that a call needs apart from all others: a page that browses the
 * history must not keep anybody from answering. The host app's backend asks for many users from one address: it counts as
 * each of them, and nowhere else. Who is not believed counts among the others, so that calls of those with the same address go on.
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
    // A user who asks too much takes nothing from those who share the address.
    const byUser = person === null ? null : await user(person.userId);
    if (byUser !== null) return tooMany('requests', byUser);
    const isBackend = principal !== null && principal.scope !== 'user';
    const byAddress = isBackend ? null : await ofAddress(toNetwork(address));
    return byAddress === null ? null : tooMany('requests', byAddress);
  };
}
