import type { Queries } from './database.ts';

/** Something to tell devices of users: an event or a notice under its name. */
export interface OutboxMessage {
  event: string;
  payload: object;
  /** User ids: every device of theirs is told, */
  to: string[];
  /** but not this one. */
  exceptDevice?: { userId: string; deviceId: string };
}

/** What one commit has to tell. */
export interface OutboxEntry {
  id: string;
  callId: string;
  messages: OutboxMessage[];
}

/** Keeps what calls have to tell, each call named once, until it is cleared; those that have nothing are left out. */
export async function fillOutbox(
  tx: Queries,
  told: readonly Omit<OutboxEntry, 'id'>[],
): Promise<OutboxEntry[]> {
  const telling = new Map(
    told.filter(({ messages }) => messages.length > 0).map((one) => [one.callId, one.messages]),
  );
  if (telling.size === 0) return [];
  const filled = await tx.rows<{ id: string; callId: string }>(
    `INSERT INTO outbox (call_id, messages) SELECT * FROM unnest($1::uuid[], $2::json[])
     RETURNING id, call_id AS "callId"`,
    [[...telling.keys()], [...telling.values()].map((messages) => JSON.stringify(messages))],
  );
  return filled.map((row) => ({ ...row, messages: telling.get(row.callId) ?? [] }));
}

/** Forgets what was published. */
export async function clearOutbox(db: Queries, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.rows('DELETE FROM outbox WHERE id = ANY ($1::bigint[])', [ids]);
}

/** A worker that dies or freezes before it has published leaves its entries to others after this time. */
const CLAIM = `interval '500 milliseconds'`;

function claimUnsent(db: Queries, olderThanMs: number, limit: number): Promise<OutboxEntry[]> {
  return db.rows<OutboxEntry>(
    `WITH claimed AS (
       UPDATE outbox SET claimed_until = ringline_now() + ${CLAIM}
       WHERE id = ANY (ARRAY(
         SELECT id FROM outbox
         WHERE created_at <= ringline_now() - $1 * interval '1 millisecond'
           AND (claimed_until IS NULL OR claimed_until <= ringline_now())
         ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
       ))
       RETURNING id, call_id AS "callId", messages
     ) SELECT * FROM claimed ORDER BY id`,
    [olderThanMs, limit],
  );
}

/**
 * Publishes what was left unsent for so long, oldest first, and forgets it. No transaction is open meanwhile: workers share
 * the entries by claiming them for half a second. Publishing that takes longer may be repeated by another worker.
 * Where `publish` throws, the entries stay. Returns how many commits were told of.
 */
export async function redeliver(
  db: Queries,
  olderThanMs: number,
  limit: number,
  publish: (entries: OutboxEntry[]) => Promise<void>,
): Promise<number> {
  const entries = await claimUnsent(db, olderThanMs, limit);
  if (entries.length === 0) return 0;
  await publish(entries);
  await clearOutbox(
    db,
    entries.map(({ id }) => id),
  );
  return entries.length;
}

/** How many commits have not been published yet. */
export async function countUnsent(db: Queries): Promise<number> {
  const rows = await db.rows<{ unsent: number }>('SELECT count(*)::int AS unsent FROM outbox');
  return rows[0]?.unsent ?? 0;
}
