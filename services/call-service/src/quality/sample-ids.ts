import { createHash, randomBytes } from 'node:crypto';
import type { IdempotencyRequest, SampleId } from '@ringline/engine';
import { PENDING_RESULT, type Store } from '@ringline/store';

/** Sequences that a report has for itself: more than it may have samples. */
const OF_A_REPORT = 128;

/** 46 of the bits, so that sequences stay within the 53 that JavaScript counts exactly. */
function toFirstSequence(bytes: Buffer): number {
  return Math.floor(bytes.readUIntBE(0, 6) / 4) * OF_A_REPORT;
}

function digestRequest({ userId, key, fingerprint }: IdempotencyRequest): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([userId, key, fingerprint]))
    .digest();
}

/**
 * The id of the first sample of a report; the sequences of the others follow. A repeated request with a key gets the same id:
 * the key is saved, as not answered yet, before anything is sent to Redis. Null if the report was answered meanwhile.
 * Rejects as the store does.
 */
export async function firstSampleId(
  store: Store,
  callId: string,
  now: number,
  idempotency: IdempotencyRequest | undefined,
): Promise<SampleId | null> {
  // ioredis itself may repeat a transaction whose connection to a cluster broke.
  if (idempotency === undefined)
    return { arrivedAt: now, sequence: toFirstSequence(randomBytes(6)) };
  const arrivedAt = await store.saveIdempotent(callId, { ...idempotency, ...PENDING_RESULT });
  return arrivedAt === null
    ? null
    : { arrivedAt, sequence: toFirstSequence(digestRequest(idempotency)) };
}
