import type { Refusal } from '@ringline/domain';
import { findIdempotent, type IdempotencyRequest } from '@ringline/engine';
import type { UserPrincipal } from '../identity/principal.ts';
import type { ActParts } from './act.ts';

/**
 * Refuses to ring these users if they left too many rings of this user unanswered. A repeated
 * request rings no one again, so it is not limited.
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
