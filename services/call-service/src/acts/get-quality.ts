import type { ActAnswer, ActInput } from '@ringline/contract';
import { callNotFound } from '@ringline/domain';
import { isUser, type Principal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import type { ActParts } from './act.ts';
import { loadReadable } from './load-readable.ts';

/**
 * Reads the quality of the call for each participant. Users see only their own rating, operators
 * see all.
 */
export async function getQuality(
  parts: ActParts,
  principal: Principal,
  { callId }: ActInput<'getQuality'>,
): Promise<Result<ActAnswer<'getQuality'>>> {
  if ((await loadReadable(parts, principal, callId)) === null) return { refusal: callNotFound };
  const participants = await parts.quality.listParticipants(callId);
  if (!isUser(principal)) return ok({ participants });
  const { userId } = principal.person;
  return ok({
    participants: participants
      .map((one) => (one.userId === userId ? one : { ...one, rating: null }))
      .filter(({ send, receive, rating }) => send !== null || receive !== null || rating !== null),
  });
}
