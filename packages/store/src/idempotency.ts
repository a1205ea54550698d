import type { Refusal } from '@ringline/domain';
import type { Queries } from './database.ts';

/** How long a key is held for its user, and so how long a repeat is known as one. */
export const KEY_LIFETIME = `interval '24 hours'`;

/** How a request with an `Idempotency-Key` was answered the first time. */
export interface IdempotentAnswer {
  userId: string;
  key: string;
  /** Of the request's route and body: the same key with another one is refused. */
  fingerprint: string;
  status: number;
  refusal: Refusal | null;
  merged: boolean;
}

export interface Recalled {
  fingerprint: string;
  status: number;
  callId: string | null;
  refusal: Refusal | null;
  merged: boolean;
}

/** False if the user's key is there already and still holds. Waits for whoever is writing the same key. */
export const rememberAnswer = async (
  tx: Queries,
  callId: string,
  { userId, key, fingerprint, status, refusal, merged }: IdempotentAnswer,
): Promise<boolean> => {
  const remembered = await tx.rows(
    `INSERT INTO idempotency_keys AS kept
       (user_id, key, fingerprint, status, call_id, refusal, merged)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (user_id, key) DO UPDATE SET
       (fingerprint, status, call_id, refusal, merged, created_at) = ROW (
         excluded.fingerprint, excluded.status, excluded.call_id, excluded.refusal,
         excluded.merged, excluded.created_at
       )
     WHERE kept.created_at <= ringline_now() - ${KEY_LIFETIME}
     RETURNING key`,
    [userId, key, fingerprint, status, callId, refusal, merged],
  );
  return remembered.length > 0;
};

/** The first answer to this key of this user; null once it is older than its lifetime. */
export const recall = async (
  db: Queries,
  userId: string,
  key: string,
): Promise<Recalled | null> => {
  const rows = await db.rows<Recalled>(
    `SELECT fingerprint, status, call_id AS "callId", refusal, merged FROM idempotency_keys
     WHERE user_id = $1 AND key = $2 AND created_at > ringline_now() - ${KEY_LIFETIME}`,
    [userId, key],
  );
  return rows[0] ?? null;
};
