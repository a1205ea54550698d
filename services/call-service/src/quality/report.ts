import type { QualitySample } from '@ringline/contract';
import { callEnded, callNotFound, notAccepted, type Refusal } from '@ringline/domain';
import {
  appendToQualityStream,
  type Engine,
  findIdempotent,
  type ReportedSample,
} from '@ringline/engine';
import type { RedisClient } from '@ringline/platform';
import type { Participation } from '@ringline/store';
import { type IdempotencyKey, toIdempotency } from '../acts/idempotency.ts';
import type { UserPrincipal } from '../identity/principal.ts';
import { tooMany } from '../limits/ask-redis.ts';
import type { Rate } from '../limits/rate.ts';
import { invalid, ok, type Result, refused } from '../result.ts';
import { firstSampleId } from './sample-ids.ts';

export interface ReportParts {
  engine: Engine;
  redis: RedisClient;
  limit: Rate;
  /** How many samples may wait for the ingesters. */
  streamMaxLength: number;
}

/** Clocks are seldom further off than a wrong time zone. */
const FARTHEST_OFF_MS = 12 * 3_600_000;

function farOff(samples: readonly QualitySample[]): Refusal | null {
  const now = Date.now();
  const index = samples.findIndex(({ at }) => Math.abs(Date.parse(at) - now) > FARTHEST_OFF_MS);
  return index < 0 ? null : invalid(`samples.${index}.at`, 'is more than twelve hours off').refusal;
}

function refusalFor(standing: Participation): Refusal | null {
  if (standing.isInCall || (standing.wasInCall && standing.justLeft)) return null;
  return standing.callIsOver ? callEnded : notAccepted;
}

const unavailable: Refusal = {
  ...refused('UNAVAILABLE', 'Quality is not taken in at the moment.').refusal,
  retryAfterSeconds: 1,
};

/** Takes in what a user reports of their own line in a call. */
export type ReportQuality = (
  principal: UserPrincipal,
  callId: string,
  samples: readonly QualitySample[],
  key?: IdempotencyKey,
) => Promise<Result<{ accepted: number }>>;

/**
 * Best effort: while Redis is away the answer is UNAVAILABLE, and what was reported counts as dropped. Redis may apply it
 * later all the same; a repeat with the same key then adds copies with the same ids, of which the table keeps one.
 */
export function createReportQuality({
  engine,
  redis,
  limit,
  streamMaxLength,
}: ReportParts): ReportQuality {
  const { store, metrics, logger } = engine;

  /** False where Redis has not said that it has them. */
  const append = async (samples: readonly ReportedSample[]): Promise<boolean> => {
    try {
      const dropped = await appendToQualityStream(redis, samples, streamMaxLength);
      metrics.qualitySamples.inc({ outcome: 'accepted' }, samples.length);
      metrics.qualitySamples.inc({ outcome: 'dropped' }, dropped);
      return true;
    } catch (error) {
      metrics.qualitySamples.inc({ outcome: 'dropped' }, samples.length);
      logger.debug('quality samples were dropped', { error });
      return false;
    }
  };

  /** When they arrived, by the database's clock, or why they are not taken in. */
  const admit = async (
    userId: string,
    callId: string,
    samples: readonly QualitySample[],
  ): Promise<{ refusal: null; now: number } | { refusal: Refusal }> => {
    const tooFar = farOff(samples);
    if (tooFar !== null) return { refusal: tooFar };
    const retryAfterSeconds = await limit(userId, samples.length);
    if (retryAfterSeconds !== null) {
      return { refusal: tooMany('quality samples', retryAfterSeconds) };
    }
    const standing = await store.quality.findParticipation(callId, userId);
    if (standing === null) return { refusal: callNotFound };
    const refusal = refusalFor(standing);
    return refusal === null ? { refusal, now: standing.now } : { refusal };
  };

  return async (principal, callId, samples, key) => {
    const { userId } = principal.person;
    const accepted = ok({ accepted: samples.length }, 202);
    const idempotency = toIdempotency(principal, key, 'quality', { callId, samples }, 202);
    const earlierAnswer = async () => {
      const repeated = await findIdempotent(engine, idempotency);
      return repeated?.refusal ? { refusal: repeated.refusal } : repeated && accepted;
    };
    const earlier = await earlierAnswer();
    if (earlier !== null) return earlier;
    const admitted = await admit(userId, callId, samples);
    if (admitted.refusal !== null) {
      metrics.qualitySamples.inc({ outcome: 'rejected' }, samples.length);
      return { refusal: admitted.refusal };
    }
    const first = await firstSampleId(store, callId, admitted.now, idempotency);
    if (first === null) return (await earlierAnswer()) ?? { refusal: unavailable };
    // Postgres' own way to write it: by this name, samples of a call are found together.
    const line = { callId: callId.toLowerCase(), userId, deviceId: principal.deviceId };
    const reported = samples.map((sample, index) => ({
      ...sample,
      ...line,
      arrivedAt: first.arrivedAt,
      sequence: first.sequence + index,
    }));
    if (!(await append(reported))) return { refusal: unavailable };
    // Only now: without this, a repeat appends the samples again, and the table drops the copies.
    if (idempotency !== undefined) {
      await store.saveIdempotent(callId, { ...idempotency, refusal: null, merged: false });
    }
    return accepted;
  };
}
