import type { QualitySample } from '@ringline/contract';
import type { RedisClient } from '@ringline/platform';

/** Where samples wait for the ingesters; its consumer group is theirs. */
export const QUALITY_STREAM = 'ringline:quality';
/** The one field of an entry. */
const FIELD = 'sample';

/**
 * Identifies a sample from the request that reports it to its row in Postgres. A sample may be appended more than once: a
 * client repeats a request, and Redis applies what it was too slow to answer. All copies have the same id.
 */
export interface SampleId {
  /** When the request first came in, in epoch milliseconds by Postgres' clock. */
  arrivedAt: number;
  /** Tells apart what arrived in the same millisecond; a non-negative safe integer. */
  sequence: number;
}

/** A sample, with whose line in which call it is about. */
export type ReportedSample = QualitySample &
  SampleId & {
    callId: string;
    userId: string;
    /** The device that reported it; null where none was named. */
    deviceId: string | null;
  };

/** Beyond what any line can be. */
const MOST = 100_000;

function isMeasure(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= MOST;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Postgres counts in microseconds. */
function isId({ arrivedAt, sequence }: Partial<SampleId>): boolean {
  return isCount(sequence) && isCount(arrivedAt) && isCount(Number(arrivedAt) * 1000);
}

/** Looks at that alone by which other samples are scored, and costs a tenth of the contract's schema. */
function isSample(value: Partial<ReportedSample>): value is ReportedSample {
  return (
    isId(value) &&
    typeof value.callId === 'string' &&
    typeof value.userId === 'string' &&
    isMeasure(value.jitterMs) &&
    isMeasure(value.packetLossPercent) &&
    isMeasure(value.roundTripMs)
  );
}

/** Call services of release 0.1.0 give a sample no id: it has that of its entry, `<milliseconds>-<number>`. */
function idOfEntry(id: string): SampleId {
  const dash = id.indexOf('-');
  return { arrivedAt: Number(id.slice(0, dash)), sequence: Number(id.slice(dash + 1)) };
}

/**
 * The sample of an entry; null for what is none. All of it was checked before it was appended, but maybe by
 * another release or not by us at all, and one that is no measurement would spoil the scores of those that are.
 */
export function sampleOfEntry(
  id: string,
  [field, value]: readonly string[],
): ReportedSample | null {
  if (field !== FIELD || value === undefined) return null;
  try {
    const sample = JSON.parse(value) ?? {};
    if (sample.arrivedAt === undefined) Object.assign(sample, idOfEntry(id));
    return isSample(sample) ? sample : null;
  } catch {
    return null; // Not even JSON.
  }
}

/**
 * Appends samples, and keeps the stream within its bound at every instant: the oldest go first. Returns how many went,
 * not yet stored as far as is known here (one that an ingester has in its hands may still be). Rejects where Redis does
 * not answer.
 */
export async function appendToQualityStream(
  redis: RedisClient,
  samples: readonly ReportedSample[],
  maxLength: number,
): Promise<number> {
  const transaction = redis.multi();
  for (const sample of samples) {
    transaction.xadd(QUALITY_STREAM, '*', FIELD, JSON.stringify(sample));
  }
  transaction.xtrim(QUALITY_STREAM, 'MAXLEN', '=', maxLength);
  const replies = (await transaction.exec()) ?? [];
  for (const [error] of replies) if (error !== null) throw error;
  return Number(replies.at(-1)?.[1] ?? 0);
}
