import { createHash, randomBytes } from 'node:crypto';
import type { Instant } from '@ringline/domain';
import { type NewIdempotentResult, PENDING_RESULT, type Queries } from '@ringline/store';
import { saveIdempotent } from '@ringline/store/sql';
import type { SampleId } from './redis-stream.ts';

/** The `Idempotency-Key` of a report, with the digest of the request. */
export type ReportKey = Pick<NewIdempotentResult, 'userId' | 'key' | 'fingerprint'>;

/** Sequences reserved for a report, which has at most 100 samples. */
const SEQUENCES_PER_REPORT = 128;

/**
 * Uses 46 of the 48 bits, so that sequences stay within the 53 bits of JavaScript's safe integers.
 */
function toFirstSequence(bytes: Buffer): number {
  return Math.floor(bytes.readUIntBE(0, 6) / 4) * SEQUENCES_PER_REPORT;
}

function digestKey({ userId, key, fingerprint }: ReportKey): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([userId, key, fingerprint]))
    .digest();
}

/**
 * Assigns the id of a report's first sample; the other samples have the sequences that follow. A
 * repeated request with a key gets the same id: the key is saved as pending before anything is sent
 * to Redis. Null if the report was answered meanwhile.
 */
export async function assignFirstId(
  db: Queries,
  callId: string,
  now: Instant,
  key: ReportKey | undefined,
): Promise<SampleId | null> {
  // ioredis itself may repeat a transaction after it lost the connection to a cluster.
  if (key === undefined) return { arrivedAt: now, sequence: toFirstSequence(randomBytes(6)) };
  const arrivedAt = await saveIdempotent(db, callId, { ...key, ...PENDING_RESULT });
  return arrivedAt === null ? null : { arrivedAt, sequence: toFirstSequence(digestKey(key)) };
}
