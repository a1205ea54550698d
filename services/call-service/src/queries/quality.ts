import type { ParticipantQuality } from '@ringline/contract';
import { callNotFound } from '@ringline/domain';
import type { Store } from '@ringline/store';
import { type Answer, answered } from '../answer.ts';
import { type Asker, isUser } from '../identity/asker.ts';
import { readable } from './calls.ts';

/** How the call was for each participant. What people say of it is for operators, and for themselves. */
export async function getQuality(
  store: Store,
  asker: Asker,
  callId: string,
): Promise<Answer<{ participants: ParticipantQuality[] }>> {
  if ((await readable(store, asker, callId)) === null) return { refusal: callNotFound };
  const participants = await store.quality.of(callId);
  if (!isUser(asker)) return answered({ participants });
  const { userId } = asker.person;
  return answered({
    participants: participants
      .map((one) => (one.userId === userId ? one : { ...one, rating: null }))
      .filter(({ send, receive, rating }) => send !== null || receive !== null || rating !== null),
  });
}
