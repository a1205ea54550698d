import type { Rating, ratingBody } from '@ringline/contract';
import { callNotFound, notAccepted } from '@ringline/domain';
import { type Engine, findIdempotent } from '@ringline/engine';
import type { z } from 'zod';
import { type IdempotencyKey, toIdempotency } from '../acts/idempotency.ts';
import type { UserPrincipal } from '../identity/principal.ts';
import { ok, type Result } from '../result.ts';

/** Keeps what one who was in the call says of it; their last word counts. */
export async function rateCall(
  engine: Engine,
  principal: UserPrincipal,
  callId: string,
  body: z.infer<typeof ratingBody>,
  key?: IdempotencyKey,
): Promise<Result<{ rating: Rating }>> {
  const { quality } = engine.store;
  const { userId } = principal.person;
  const standing = await quality.findParticipation(callId, userId);
  if (standing === null) return { refusal: callNotFound };
  if (!standing.wasInCall) return { refusal: notAccepted };
  const idempotency = toIdempotency(principal, key, 'rating', { callId, ...body });
  const repeated = await findIdempotent(engine, idempotency);
  if (repeated?.refusal) return { refusal: repeated.refusal };
  const said = { callId, userId, stars: body.stars, comment: body.comment ?? null };
  const rating =
    repeated === null
      ? await quality.rate(said, idempotency ?? null)
      : (await quality.ratingsOf(callId)).get(userId);
  // The same request has come in between: by now it is known as one that was answered.
  return rating ? ok({ rating }) : rateCall(engine, principal, callId, body, key);
}
