import { getHttpStatus, transientCodes } from '@ringline/contract';
import type { Instant, Refusal } from '@ringline/domain';
import type { Queries } from './database.ts';
import { toInstant } from './instants.ts';
import { statement } from './statement.ts';

/** How long a repeat with the same key is recognized. */
export const KEY_LIFETIME = `interval '24 hours'`;

/** The result of a request with an `Idempotency-Key`. */
export interface NewIdempotentResult {
  userId: string;
  key: string;
  /** A digest of the request. The same key with another fingerprint is refused. */
  fingerprint: string;
  status: number;
  refusal: Refusal | typeof PENDING_RESULT.refusal | null;
  merged: boolean;
}

/**
 * The placeholder for a result that depends on something outside of Postgres. It is transient, so a
 * repeat after a crash or a failure is decided again.
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

function isValid(row: string): string {
  return `${row}.created_at > ringline_now() - ${KEY_LIFETIME}`;
}

/**
 * Whether the row is of an open request, that is, has a transient refusal. It stores when the
 * request first arrived and which call its failed attempt left. A repeat is decided again.
 */
function isOpen(row: string): string {
  return `coalesce(${row}.refusal ->> 'code' IN (${transientCodes.map((code) => `'${code}'`).join(', ')}), false)`;
}

const SAVE = statement(
  'save_idempotent',
  `INSERT INTO idempotency_keys AS stored
     (user_id, key, fingerprint, status, call_id, refusal, merged)
   VALUES ($1, $2, $3, $4, $5, $6, $7)
   ON CONFLICT (user_id, key) DO UPDATE SET
     (fingerprint, status, call_id, refusal, merged, created_at) = ROW (
       excluded.fingerprint, excluded.status, excluded.call_id, excluded.refusal, excluded.merged,
       CASE WHEN ${isValid('stored')} AND stored.fingerprint = excluded.fingerprint AND ${isOpen('excluded')}
         THEN stored.created_at ELSE excluded.created_at END
     )
   WHERE NOT (${isValid('stored')}) OR ${isOpen('stored')}
   RETURNING json_build_object('firstAt', created_at) AS saved`,
);

/**
 * Saves the result of a request. If `callId` is null, the request never starts a call. Returns the
 * time from which the lifetime of the key counts: for a request that stays open, when it first
 * arrived. Returns null and writes nothing if the key has a result. Waits for other transactions
 * that write the same key.
 */
export async function saveIdempotent(
  tx: Queries,
  callId: string | null,
  { userId, key, fingerprint, status, refusal, merged }: NewIdempotentResult,
): Promise<Instant | null> {
  const [row] = await tx.rows<{ saved: { firstAt: string } }>(SAVE, [
    ...[userId, key, fingerprint, status],
    ...[callId, refusal, merged],
  ]);
  return toInstant(row?.saved.firstAt ?? null);
}

const FIND = statement(
  'find_idempotent',
  `SELECT fingerprint, status, call_id AS "callId", refusal, merged FROM idempotency_keys AS stored
   WHERE user_id = $1 AND key = $2 AND ${isValid('stored')} AND NOT ${isOpen('stored')}`,
);

/** Finds the result of a user's key. Null if there is none or it has expired. */
export async function findIdempotent(
  db: Queries,
  userId: string,
  key: string,
): Promise<IdempotentResult | null> {
  const [row] = await db.rows<IdempotentResult>(FIND, [userId, key]);
  return row ?? null;
}

const FIND_CALL_OF_OPEN_REQUEST = statement(
  'find_call_of_open_request',
  `SELECT call_id AS "callId" FROM idempotency_keys AS stored
   WHERE user_id = $1 AND key = $2 AND fingerprint = $3 AND ${isValid('stored')} AND ${isOpen('stored')}`,
);

/**
 * Finds the call that the last attempt of an open request left. Null if the request is new or has a
 * result.
 */
export async function findCallOfOpenRequest(
  db: Queries,
  { userId, key, fingerprint }: Pick<NewIdempotentResult, 'userId' | 'key' | 'fingerprint'>,
): Promise<string | null> {
  const parameters = [userId, key, fingerprint];
  const [row] = await db.rows<{ callId: string }>(FIND_CALL_OF_OPEN_REQUEST, parameters);
  return row?.callId ?? null;
}
