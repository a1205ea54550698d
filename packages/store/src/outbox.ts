import type { Queries } from './database.ts';
import { statement } from './statement.ts';

/** An event or a notice for devices of users. */
export interface OutboxMessage {
  event: string;
  payload: object;
  /** Ids of the users whose devices receive it, */
  to: string[];
  /** except this one. */
  exceptDevice?: { userId: string; deviceId: string };
}

/** The messages of one commit. */
export interface OutboxEntry {
  id: string;
  callId: string;
  messages: OutboxMessage[];
}

const FILL = statement(
  'fill_outbox',
  `INSERT INTO outbox (call_id, messages) SELECT * FROM unnest($1::uuid[], $2::json[])
   RETURNING id, call_id AS "callId"`,
);

/** Stores the messages of commits on different calls. Commits without messages are left out. */
export async function fillOutbox(
  tx: Queries,
  commits: readonly Omit<OutboxEntry, 'id'>[],
): Promise<OutboxEntry[]> {
  const byCall = new Map(
    commits
      .filter(({ messages }) => messages.length > 0)
      .map(({ callId, messages }) => [callId, messages]),
  );
  if (byCall.size === 0) return [];
  const texts = [...byCall.values()].map((messages) => JSON.stringify(messages));
  const filled = await tx.rows<Omit<OutboxEntry, 'messages'>>(FILL, [[...byCall.keys()], texts]);
  return filled.map((row) => ({ ...row, messages: byCall.get(row.callId) ?? [] }));
}

const CLEAR = statement('clear_outbox', 'DELETE FROM outbox WHERE id = ANY ($1::bigint[])');

/** Deletes published entries. */
export async function clearOutbox(db: Queries, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await db.run(CLEAR, [ids]);
}

/** If a worker dies, other workers can claim its entries after half a second. */
const CLAIM_UNSENT = statement(
  'claim_unsent',
  `WITH claimed AS (
     UPDATE outbox SET claimed_until = ringline_now() + interval '500 milliseconds'
     WHERE id = ANY (ARRAY(
       SELECT id FROM outbox
       WHERE created_at <= ringline_now() - $1 * interval '1 millisecond'
         AND (claimed_until IS NULL OR claimed_until <= ringline_now())
       ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
     ))
     RETURNING id, call_id AS "callId", messages
   ) SELECT * FROM claimed ORDER BY id`,
);

/**
 * Claims up to `limit` entries that have been unsent for this long, the oldest first. The claim
 * lasts half a second. If publishing takes longer, another worker may publish them again.
 */
export function claimUnsent(
  db: Queries,
  olderThanMs: number,
  limit: number,
): Promise<OutboxEntry[]> {
  return db.rows(CLAIM_UNSENT, [olderThanMs, limit]);
}

/** Counts the commits that are not published yet. */
export async function countUnsent(db: Queries): Promise<number> {
  const [row] = await db.rows<{ unsent: number }>('SELECT count(*)::int AS unsent FROM outbox');
  return row?.unsent ?? 0;
}
