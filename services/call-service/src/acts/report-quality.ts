import type { ActAnswer, ActInput } from '@ringline/contract';
import type { UserPrincipal } from '../identity/principal.ts';
import type { Result } from '../result.ts';
import type { ActParts } from './act.ts';

/** Accepts quality samples of the user's own media. */
export function reportQuality(
  parts: ActParts,
  principal: UserPrincipal,
  input: ActInput<'reportQuality'>,
): Promise<Result<ActAnswer<'reportQuality'>>> {
  const { callId, samples, idempotencyKey } = input;
  return parts.reportQuality(principal, callId, samples, idempotencyKey);
}
