import type { Rating, ratingBody } from '@ringline/contract';
import { callNotFound, notAccepted } from '@ringline/domain';
import { type EngineParts, recall } from '@ringline/engine';
import type { z } from 'zod';
import { type Answer, answered } from '../answer.ts';
import { type IdempotencyKey, idempotencyOf } from '../commands/command.ts';
import type { UserAsker } from '../identity/asker.ts';

/** Keeps what one who was in the call says of it; their last word counts. */
export async function rateCall(
  engine: EngineParts,
  asker: UserAsker,
  callId: string,
  body: z.infer<typeof ratingBody>,
  key?: IdempotencyKey,
): Promise<Answer<{ rating: Rating }>> {
  const { quality } = engine.store;
  const { userId } = asker.person;
  const standing = await quality.standingOf(callId, userId);
  if (standing === null) return { refusal: callNotFound };
  if (!standing.wasIn) return { refusal: notAccepted };
  const idempotency = idempotencyOf(asker, key, 'rating', { callId, ...body });
  const repeated = await recall(engine, idempotency);
  if (repeated?.refusal) return { refusal: repeated.refusal };
  const said = { callId, userId, stars: body.stars, comment: body.comment ?? null };
  const rating =
    repeated === null
      ? await quality.rate(said, idempotency ?? null)
      : (await quality.ratingsOf(callId)).get(userId);
  // The same request has come in between: by now it is known as one that was answered.
  return rating ? answered({ rating }) : rateCall(engine, asker, callId, body, key);
}
