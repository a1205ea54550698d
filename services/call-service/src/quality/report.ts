import type { QualitySample } from '@ringline/contract';
import { callEnded, callNotFound, notAccepted, type Refusal } from '@ringline/domain';
import { type Engine, findIdempotent } from '@ringline/engine';
import type { RedisClient } from '@ringline/platform';
import {
  appendSamples,
  type Participation,
  type QualityStore,
  type ReportedSample,
} from '@ringline/quality';
import { type IdempotencyKey, toIdempotency } from '../acts/idempotency.ts';
import type { UserPrincipal } from '../identity/principal.ts';
import { tooMany } from '../limits/ask-redis.ts';
import type { Rate } from '../limits/rate.ts';
import { invalid, ok, type Result, refused } from '../result.ts';

export interface ReportParts {
  engine: Engine;
  quality: QualityStore;
  redis: RedisClient;
  limit: Rate;
  /** The limit of the Redis stream in which samples wait for the ingesters. */
  streamMaxLength: number;
}

/** A wrong time zone is about the largest error to expect of a client's clock. */
const MAX_CLOCK_ERROR_MS = 12 * 3_600_000;

function refuseClock(samples: readonly QualitySample[]): Refusal | null {
  const now = Date.now();
  const index = samples.findIndex(({ at }) => Math.abs(Date.parse(at) - now) > MAX_CLOCK_ERROR_MS);
  return index < 0 ? null : invalid(`samples.${index}.at`, 'is more than twelve hours off').refusal;
}

function refuseOutsider(participation: Participation): Refusal | null {
  const { isInCall, wasInCall, justLeft, callIsOver } = participation;
  if (isInCall || (wasInCall && justLeft)) return null;
  return callIsOver ? callEnded : notAccepted;
}

const unavailable: Refusal = {
  ...refused('UNAVAILABLE', 'Quality cannot be recorded at the moment.').refusal,
  retryAfterSeconds: 1,
};

/** Accepts a user's samples of their own media in a call. */
export type ReportQuality = (
  principal: UserPrincipal,
  callId: string,
  samples: readonly QualitySample[],
  key?: IdempotencyKey,
) => Promise<Result<{ accepted: number }>>;

/**
 * Best effort: without Redis it refuses with UNAVAILABLE, and counts the samples as dropped. Redis
 * may still execute the command later. A repeat with the same key then appends copies with the same
 * ids, and the table stores one of each.
 */
export function createReportQuality({
  engine,
  quality,
  redis,
  limit,
  streamMaxLength,
}: ReportParts): ReportQuality {
  const { store, metrics, logger } = engine;

  /** Returns false if Redis has not confirmed the samples. */
  const append = async (samples: readonly ReportedSample[]): Promise<boolean> => {
    try {
      const dropped = await appendSamples(redis, samples, streamMaxLength);
      metrics.qualitySamples.inc({ outcome: 'accepted' }, samples.length);
      metrics.qualitySamples.inc({ outcome: 'dropped' }, dropped);
      return true;
    } catch (error) {
      metrics.qualitySamples.inc({ outcome: 'dropped' }, samples.length);
      logger.debug('quality samples were dropped', { error });
      return false;
    }
  };

  /** Returns the arrival time by the database's clock, or a refusal. */
  const admit = async (
    userId: string,
    callId: string,
    samples: readonly QualitySample[],
  ): Promise<{ refusal: null; now: number } | { refusal: Refusal }> => {
    const wrongClock = refuseClock(samples);
    if (wrongClock !== null) return { refusal: wrongClock };
    const retryAfterSeconds = await limit(userId, samples.length);
    if (retryAfterSeconds !== null) {
      return { refusal: tooMany('quality samples', retryAfterSeconds) };
    }
    const participation = await quality.findParticipation(callId, userId);
    if (participation === null) return { refusal: callNotFound };
    const refusal = refuseOutsider(participation);
    return refusal === null ? { refusal, now: participation.now } : { refusal };
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
    const first = await quality.assignFirstId(callId, admitted.now, idempotency);
    if (first === null) return (await earlierAnswer()) ?? { refusal: unavailable };
    // In lower case, like Postgres, since ingesters group samples by it.
    const reporter = { callId: callId.toLowerCase(), userId, deviceId: principal.deviceId };
    const reported = samples.map((sample, index) => ({
      ...sample,
      ...reporter,
      arrivedAt: first.arrivedAt,
      sequence: first.sequence + index,
    }));
    if (!(await append(reported))) return { refusal: unavailable };
    // If this fails, a repeat appends the samples again, and the table drops the copies.
    if (idempotency !== undefined) {
      await store.saveIdempotent(callId, { ...idempotency, refusal: null, merged: false });
    }
    return accepted;
  };
}
