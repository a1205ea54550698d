import type { Refusal } from '@ringline/domain';
import { findIdempotent, type IdempotencyRequest } from '@ringline/engine';
import type { UserPrincipal } from '../identity/principal.ts';
import type { ActParts } from './act.ts';

/**
 * Why the user must not ring these users now. A repeated request rings nobody again, so it is not
 * limited.
 */
export async function refuseRings(
  { engine, rings }: ActParts,
  principal: UserPrincipal,
  userIds: readonly string[],
  idempotency: IdempotencyRequest | undefined,
): Promise<Refusal | null> {
  const refusal = await rings.refusal(principal.person.userId, userIds);
  const isRepeat = refusal !== null && (await findIdempotent(engine, idempotency)) !== null;
  return isRepeat ? null : refusal;
}
