import type { ParticipantQuality } from '@ringline/contract';
import { callNotFound } from '@ringline/domain';
import type { Store } from '@ringline/store';
import { isUser, type Principal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';
import { loadReadable } from './calls.ts';

/** How the call was for each participant. What people say of it is for operators, and for themselves. */
export async function getQuality(
  store: Store,
  principal: Principal,
  callId: string,
): Promise<Result<{ participants: ParticipantQuality[] }>> {
  if ((await loadReadable(store, principal, callId)) === null) return { refusal: callNotFound };
  const participants = await store.quality.of(callId);
  if (!isUser(principal)) return ok({ participants });
  const { userId } = principal.person;
  return ok({
    participants: participants
      .map((one) => (one.userId === userId ? one : { ...one, rating: null }))
      .filter(({ send, receive, rating }) => send !== null || receive !== null || rating !== null),
  });
}
