import type { Queries } from './database.ts';
import { KEY_LIFETIME } from './idempotency.ts';

export interface Retention {
  /** For events and LiveKit's reports: how a call went in detail. */
  eventDays: number;
  /** For calls with all that belongs to them, counted from their end. */
  callDays: number;
}

export interface Purged {
  calls: number;
  events: number;
  webhooks: number;
  idempotencyKeys: number;
}

/** So many rows at a time: no lock is held for long, and live traffic runs on in between. */
const BATCH = 1000;

/** Deletes batch after batch what `doomed` selects as ctids, until nothing is left of it. */
async function deleteAll(
  db: Queries,
  table: string,
  condition: string,
  parameters: readonly unknown[],
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const rows = await db.rows<{ deleted: number }>(
      `WITH gone AS (
         DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
         )) RETURNING 1
       ) SELECT count(*)::int AS deleted FROM gone`,
      parameters,
    );
    const batch = rows[0]?.deleted ?? 0;
    deleted += batch;
    if (batch < BATCH) return deleted;
  }
}

const OLDER_THAN_DAYS = `<= ringline_now() - $1 * interval '1 day'`;

/** Deletes what is older than it is to be kept, and returns how much that was. A live call is never touched. */
export async function purgeExpired(
  db: Queries,
  { eventDays, callDays }: Retention,
): Promise<Purged> {
  return {
    calls: await deleteAll(db, 'calls', `ended_at ${OLDER_THAN_DAYS}`, [callDays]),
    events: await deleteAll(db, 'call_events', `at ${OLDER_THAN_DAYS}`, [eventDays]),
    webhooks: await deleteAll(db, 'livekit_reports', `received_at ${OLDER_THAN_DAYS}`, [eventDays]),
    idempotencyKeys: await deleteAll(
      db,
      'idempotency_keys',
      `created_at <= ringline_now() - ${KEY_LIFETIME}`,
      [],
    ),
  };
}
