import { getHttpStatus, transientCodes } from '@ringline/contract';
import type { Instant, Refusal } from '@ringline/domain';
import type { Queries } from './database.ts';
import { toInstant } from './instants.ts';

/** How long a key is held for its user, and so how long a repeat is known as one. */
export const KEY_LIFETIME = `interval '24 hours'`;

/** How a request with an `Idempotency-Key` is answered. */
export interface NewIdempotentResult {
  userId: string;
  key: string;
  /** Of the request's route and body: the same key with another one is refused. */
  fingerprint: string;
  status: number;
  refusal: Refusal | typeof PENDING_RESULT.refusal | null;
  merged: boolean;
}

/**
 * Stands in for an answer that depends on something outside of Postgres. It is transient: a repeat after a crash, or after a
 * failure there, is decided again.
 */
export const PENDING_RESULT = {
  status: getHttpStatus('UNAVAILABLE'),
  refusal: { code: 'UNAVAILABLE', message: 'This request is not done yet.' },
  merged: false,
} as const;

export interface IdempotentResult {
  fingerprint: string;
  status: number;
  callId: string | null;
  refusal: Refusal | null;
  merged: boolean;
}

function isHeld(row: string): string {
  return `${row}.created_at > ringline_now() - ${KEY_LIFETIME}`;
}

/**
 * A row with a transient refusal answers no repeat. It is an open request: when it first came in, and which call its failed
 * attempt left.
 */
function isOpen(row: string): string {
  return `coalesce(${row}.refusal ->> 'code' IN (${transientCodes.map((code) => `'${code}'`).join(', ')}), false)`;
}

/**
 * Saves the answer to a request, and returns from when on its key is held: with an answer from now on, while it is open
 * since it first came in. Null if the key is held with an answer: then nothing was written. Waits for whoever is writing the
 * same key.
 */
export async function saveIdempotent(
  tx: Queries,
  callId: string | null,
  { userId, key, fingerprint, status, refusal, merged }: NewIdempotentResult,
): Promise<Instant | null> {
  const rows = await tx.rows<{ saved: { firstAt: string } }>(
    `INSERT INTO idempotency_keys AS kept
       (user_id, key, fingerprint, status, call_id, refusal, merged)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (user_id, key) DO UPDATE SET
       (fingerprint, status, call_id, refusal, merged, created_at) = ROW (
         excluded.fingerprint, excluded.status, excluded.call_id, excluded.refusal,
         excluded.merged,
         CASE WHEN ${isHeld('kept')} AND kept.fingerprint = excluded.fingerprint AND ${isOpen('excluded')}
           THEN kept.created_at ELSE excluded.created_at END
       )
     WHERE NOT (${isHeld('kept')}) OR ${isOpen('kept')}
     RETURNING json_build_object('firstAt', created_at) AS saved`,
    [userId, key, fingerprint, status, callId, refusal, merged],
  );
  return toInstant(rows[0]?.saved.firstAt ?? null);
}

/** The first answer to this key of this user; null while there is none, and once it is older than its lifetime. */
export async function findIdempotent(
  db: Queries,
  userId: string,
  key: string,
): Promise<IdempotentResult | null> {
  const rows = await db.rows<IdempotentResult>(
    `SELECT fingerprint, status, call_id AS "callId", refusal, merged FROM idempotency_keys AS kept
     WHERE user_id = $1 AND key = $2 AND ${isHeld('kept')} AND NOT ${isOpen('kept')}`,
    [userId, key],
  );
  return rows[0] ?? null;
}

/** The call that the last attempt of an open request left; null if the request is new or answered. */
export async function findCallOfOpenRequest(
  db: Queries,
  { userId, key, fingerprint }: Pick<NewIdempotentResult, 'userId' | 'key' | 'fingerprint'>,
): Promise<string | null> {
  const rows = await db.rows<{ callId: string }>(
    `SELECT call_id AS "callId" FROM idempotency_keys AS kept
     WHERE user_id = $1 AND key = $2 AND fingerprint = $3 AND ${isHeld('kept')} AND ${isOpen('kept')}`,
    [userId, key, fingerprint],
  );
  return rows[0]?.callId ?? null;
}
