import type { QualitySample } from '@ringline/contract';
import { callEnded, callNotFound, notAccepted } from '@ringline/domain';
import { appendToQualityStream, type ReportedSample, recall } from '@ringline/engine';
import type { RedisClient } from '@ringline/platform';
import type { Standing } from '@ringline/store';
import { type Answer, answered, invalid, type Refused, refused } from '../answer.ts';
import { type CommandParts, type IdempotencyKey, idempotencyOf } from '../commands/command.ts';
import type { UserAsker } from '../identity/asker.ts';
import { tooMany } from '../limits/ask-redis.ts';
import type { Rate } from '../limits/rate.ts';

export interface ReportParts {
  engine: CommandParts['engine'];
  redis: RedisClient;
  limit: Rate;
  /** How many samples may wait for the ingesters. */
  streamMaxLength: number;
}

/** Clocks are seldom further off than a wrong time zone. */
const FARTHEST_OFF_MS = 12 * 3_600_000;

const farOff = (samples: readonly QualitySample[]): Refused | null => {
  const now = Date.now();
  const index = samples.findIndex(({ at }) => Math.abs(Date.parse(at) - now) > FARTHEST_OFF_MS);
  return index < 0 ? null : invalid(`samples.${index}.at`, 'is more than twelve hours off').refusal;
};

const refusalFor = (standing: Standing | null): Refused | null => {
  if (standing === null) return callNotFound;
  if (standing.isIn || (standing.wasIn && standing.justLeft)) return null;
  return standing.callIsOver ? callEnded : notAccepted;
};

const unavailable: Refused = {
  ...refused('UNAVAILABLE', 'Quality is not taken in at the moment.').refusal,
  retryAfterSeconds: 1,
};

/** Takes in what a user reports of their own line in a call. */
export type ReportQuality = (
  asker: UserAsker,
  callId: string,
  samples: readonly QualitySample[],
  key?: IdempotencyKey,
) => Promise<Answer<{ accepted: number }>>;

/**
 * Best effort: while Redis is away the answer is UNAVAILABLE, and what
 * was reported counts as dropped.
 */
export const createReportQuality = ({
  engine,
  redis,
  limit,
  streamMaxLength,
}: ReportParts): ReportQuality => {
  const { store, metrics, logger } = engine;

  /** False without Redis. */
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

  /** Null where all of them may be taken in. */
  const refusalOf = async (
    userId: string,
    callId: string,
    samples: readonly QualitySample[],
  ): Promise<Refused | null> => {
    const tooFar = farOff(samples);
    if (tooFar !== null) return tooFar;
    const retryAfterSeconds = await limit(userId, samples.length);
    if (retryAfterSeconds !== null) return tooMany('quality samples', retryAfterSeconds);
    return refusalFor(await store.quality.standingOf(callId, userId));
  };

  return async (asker, callId, samples, key) => {
    const { userId } = asker.person;
    const idempotency = idempotencyOf(asker, key, 'quality', { callId, samples }, 202);
    const repeated = await recall(engine, idempotency);
    if (repeated?.refusal) return { refusal: repeated.refusal };
    const accepted = answered({ accepted: samples.length }, 202);
    if (repeated !== null) return accepted;
    const refusal = await refusalOf(userId, callId, samples);
    if (refusal !== null) {
      metrics.qualitySamples.inc({ outcome: 'rejected' }, samples.length);
      return { refusal };
    }
    // Postgres' own way to write it: by this name, samples of a call are found together.
    const line = { callId: callId.toLowerCase(), userId, deviceId: asker.deviceId };
    const reported = samples.map((sample) => ({ ...sample, ...line }));
    const work = () => append(reported);
    const done =
      idempotency === undefined
        ? await work()
        : (await store.quality.doOnce(callId, idempotency, work)) !== 'not_done';
    return done ? accepted : { refusal: unavailable };
  };
};
