import type { ActAnswer, ActInput } from '@ringline/contract';
import type { UserPrincipal } from '../identity/principal.ts';
import { rateCall } from '../quality/rating.ts';
import type { Result } from '../result.ts';
import type { ActParts } from './act.ts';

/** Stores the user's rating of a call that they were in. */
export function rate(
  parts: ActParts,
  principal: UserPrincipal,
  { callId, idempotencyKey, ...body }: ActInput<'rate'>,
): Promise<Result<ActAnswer<'rate'>>> {
  return rateCall(parts, principal, callId, body, idempotencyKey);
}
