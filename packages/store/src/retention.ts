import type { Queries } from './database.ts';
import { KEY_LIFETIME } from './idempotency.ts';
import { type Statement, statement } from './statement.ts';

export interface Retention {
  /** Applies to events and LiveKit's webhooks. */
  eventDays: number;
  /** Applies to calls with all their rows, counted from the end of the call. */
  callDays: number;
}

export interface Purged {
  calls: number;
  events: number;
  webhooks: number;
  idempotencyKeys: number;
}

/** Small enough that its locks do not delay other transactions. */
const BATCH = 1000;

function deleteBatch(table: string, condition: string): Statement {
  return statement(
    `purge_${table}`,
    `WITH deleted AS (
       DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
       )) RETURNING 1
     ) SELECT count(*)::int AS deleted FROM deleted`,
  );
}

const OLDER_THAN_DAYS = `<= ringline_now() - $1 * interval '1 day'`;

const PURGE_CALLS = deleteBatch('calls', `ended_at ${OLDER_THAN_DAYS}`);
const PURGE_EVENTS = deleteBatch('call_events', `at ${OLDER_THAN_DAYS}`);
const PURGE_WEBHOOKS = deleteBatch('livekit_reports', `received_at ${OLDER_THAN_DAYS}`);
const PURGE_KEYS = deleteBatch(
  'idempotency_keys',
  `created_at <= ringline_now() - ${KEY_LIFETIME}`,
);

/** Runs a statement until it deletes less than a full batch. */
async function deleteAll(db: Queries, batch: Statement, parameters: unknown[]): Promise<number> {
  let total = 0;
  for (;;) {
    const [row] = await db.rows<{ deleted: number }>(batch, parameters);
    const deleted = row?.deleted ?? 0;
    total += deleted;
    if (deleted < BATCH) return total;
  }
}

/**
 * Deletes rows that are older than their retention and returns their number. Keeps active calls.
 */
export async function purgeExpired(
  db: Queries,
  { eventDays, callDays }: Retention,
): Promise<Purged> {
  return {
    calls: await deleteAll(db, PURGE_CALLS, [callDays]),
    events: await deleteAll(db, PURGE_EVENTS, [eventDays]),
    webhooks: await deleteAll(db, PURGE_WEBHOOKS, [eventDays]),
    idempotencyKeys: await deleteAll(db, PURGE_KEYS, []),
  };
}
