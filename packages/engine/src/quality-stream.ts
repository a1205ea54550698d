import { callId, deviceId, type QualitySample, qualitySample, userId } from '@ringline/contract';
import type { RedisClient } from '@ringline/platform';

/** Where samples wait for the ingesters; its consumer group is theirs. */
export const QUALITY_STREAM = 'ringline:quality';
/** The one field of an entry. */
const FIELD = 'sample';

/** A sample, with whose line in which call it is about. */
export type ReportedSample = QualitySample & {
  callId: string;
  userId: string;
  /** The device that reported it; null where none was named. */
  deviceId: string | null;
};

const reportedSample = qualitySample
  .extend({ callId, userId, deviceId: deviceId.nullable().default(null) })
  .strip();

/**
 * The sample of an entry's fields; null for what is none. It was checked before it was appended, but maybe by another
 * release or not by us at all, and one that is no measurement would spoil the scores of those that are. What only
 * another release knows is left out.
 */
export const sampleOfEntry = ([field, value]: readonly string[]): ReportedSample | null => {
  if (field !== FIELD || value === undefined) return null;
  try {
    return reportedSample.safeParse(JSON.parse(value)).data ?? null;
  } catch {
    return null; // Not even JSON.
  }
};

/**
 * Appends samples, and keeps the stream within its bound at every instant: the oldest go first. Returns how many went,
 * not yet stored as far as is known here (one that an ingester has in its hands may still be). Rejects where Redis does
 * not answer.
 */
export const appendToQualityStream = async (
  redis: RedisClient,
  samples: readonly ReportedSample[],
  maxLength: number,
): Promise<number> => {
  const transaction = redis.multi();
  for (const sample of samples) {
    transaction.xadd(QUALITY_STREAM, '*', FIELD, JSON.stringify(sample));
  }
  transaction.xtrim(QUALITY_STREAM, 'MAXLEN', '=', maxLength);
  const replies = (await transaction.exec()) ?? [];
  for (const [error] of replies) if (error !== null) throw error;
  return Number(replies.at(-1)?.[1] ?? 0);
};
