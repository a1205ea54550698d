import type { ParticipantQuality } from '@ringline/contract';
import { callNotFound } from '@ringline/domain';
import type { QualityStore } from '@ringline/quality';
import type { Store } from '@ringline/store';
import { isUser, type Principal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import { loadReadable } from './calls.ts';

/** How the call was for each participant. A rating is shown to its author and to operators. */
export async function getQuality(
  { store, quality }: { store: Store; quality: QualityStore },
  principal: Principal,
  callId: string,
): Promise<Result<{ participants: ParticipantQuality[] }>> {
  if ((await loadReadable(store, principal, callId)) === null) return { refusal: callNotFound };
  const participants = await quality.listParticipants(callId);
  if (!isUser(principal)) return ok({ participants });
  const { userId } = principal.person;
  return ok({
    participants: participants
      .map((one) => (one.userId === userId ? one : { ...one, rating: null }))
      .filter(({ send, receive, rating }) => send !== null || receive !== null || rating !== null),
  });
}
