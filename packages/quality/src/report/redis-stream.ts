import type { QualitySample } from '@ringline/contract';
import type { RedisClient } from '@ringline/platform';

/** Samples wait here for the ingesters' consumer group. */
export const QUALITY_STREAM = 'ringline:quality';
/** The only field of an entry. */
const FIELD = 'sample';

/**
 * Identifies a sample from its request to its row in Postgres. A sample may be appended more than
 * once: a client repeats a request, and Redis executes a command that it was too slow to answer.
 * All copies have the same id.
 */
export interface SampleId {
  /** When the request first came in, in epoch milliseconds by Postgres' clock. */
  arrivedAt: number;
  /** Distinguishes samples of the same millisecond; a non-negative safe integer. */
  sequence: number;
}

/** A sample with its participant and call. */
export type ReportedSample = QualitySample &
  SampleId & {
    callId: string;
    userId: string;
    /** null if the client named no device. */
    deviceId: string | null;
  };

/** Above everything that the contract admits. */
const MAX_MEASURE = 100_000;

function isMeasure(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= MAX_MEASURE;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Postgres counts in microseconds. */
function isId({ arrivedAt, sequence }: Partial<SampleId>): boolean {
  return isCount(sequence) && isCount(arrivedAt) && isCount(Number(arrivedAt) * 1000);
}

/**
 * Checks only the fields that affect the scores of other samples, at a tenth of the cost of the
 * contract's schema.
 */
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

/**
 * Call services of release 0.1.0 send no id: the entry's own, `<milliseconds>-<number>`, takes its
 * place.
 */
function parseEntryId(id: string): SampleId {
  const dash = id.indexOf('-');
  return { arrivedAt: Number(id.slice(0, dash)), sequence: Number(id.slice(dash + 1)) };
}

/**
 * Parses an entry; null if it is no sample. The call service checked all fields, but it may be of
 * another release, and a wrong measurement would spoil the scores of others.
 */
export function parseEntry(id: string, [field, value]: readonly string[]): ReportedSample | null {
  if (field !== FIELD || value === undefined) return null;
  try {
    const sample = JSON.parse(value) ?? {};
    if (sample.arrivedAt === undefined) Object.assign(sample, parseEntryId(id));
    sample.deviceId ??= null;
    return isSample(sample) ? sample : null;
  } catch {
    return null; // Not JSON.
  }
}

/**
 * Appends samples and trims the stream to its maximum length, oldest first, in one step. Returns
 * how many were trimmed; an ingester may still be storing them. Rejects if Redis does not answer.
 */
export async function appendSamples(
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
