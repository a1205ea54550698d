import type { Rating, ratingBody } from '@ringline/contract';
import { callNotFound, notAccepted } from '@ringline/domain';
import { findIdempotent } from '@ringline/engine';
import type { z } from 'zod';
import type { ActParts } from '../acts/act.ts';
import { type IdempotencyKey, toIdempotency } from '../acts/idempotency.ts';
import type { UserPrincipal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';

/** Saves a user's rating of a call they were in; a later one replaces it. */
export async function rateCall(
  parts: Pick<ActParts, 'engine' | 'quality'>,
  principal: UserPrincipal,
  callId: string,
  body: z.infer<typeof ratingBody>,
  key?: IdempotencyKey,
): Promise<Result<{ rating: Rating }>> {
  const { engine, quality } = parts;
  const { userId } = principal.person;
  const participation = await quality.findParticipation(callId, userId);
  if (participation === null) return { refusal: callNotFound };
  if (!participation.wasInCall) return { refusal: notAccepted };
  const idempotency = toIdempotency(principal, key, 'rating', { callId, ...body });
  const repeated = await findIdempotent(engine, idempotency);
  if (repeated?.refusal) return { refusal: repeated.refusal };
  const given = { callId, userId, stars: body.stars, comment: body.comment ?? null };
  const rating =
    repeated === null
      ? await quality.saveRating(given, idempotency ?? null)
      : (await quality.listRatings(callId)).get(userId);
  // The same request was decided in between. The next attempt finds its result.
  return rating ? ok({ rating }) : rateCall(parts, principal, callId, body, key);
}
