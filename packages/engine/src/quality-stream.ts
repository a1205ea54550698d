import type { QualitySample } from '@ringline/contract';
import type { RedisClient } from '@ringline/platform';

/** Where samples wait for the ingesters; its consumer group is theirs. */
export const QUALITY_STREAM = 'ringline:quality';
/** The one field of an entry. */
const FIELD = 'sample';

/** A sample, with whose line in which call it is about. */
export type ReportedSample = QualitySample & { callId: string; userId: string };

/**
 * The sample of an entry's fields, as it was checked before it was appended; another release may have checked for more
 * or less. null for what cannot be one.
 */
export const sampleOfEntry = ([field, value]: readonly string[]): ReportedSample | null => {
  if (field !== FIELD || value === undefined) return null;
  try {
    return JSON.parse(value);
  } catch {
    return null; // Nothing that was ever appended here.
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
