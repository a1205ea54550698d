import type { BusyUsers, Instant } from '@ringline/domain';
import type { Queries } from './database.ts';
import { toInstant } from './instants.ts';
import { type Loaded, toLoaded, WHOLE_CALL, type WholeCall } from './load.ts';
import { statement } from './statement.ts';

/** The unique index that keeps a user from being active in two calls. */
export const CLAIM_INDEX = 'call_participants_claim';

/** The predicate of that index, word for word. Otherwise Postgres does not use the index. */
const ACTIVE = `call_participants.state IN ('invited', 'ringing', 'joining', 'joined', 'reconnecting')`;

const FIND_BUSY_USERS = statement(
  'find_busy_users',
  `SELECT json_build_object(
     'now', ringline_now(),
     'busyUsers', (
       SELECT coalesce(json_agg(json_build_array(user_id, call_id)), '[]') FROM call_participants
       WHERE ${ACTIVE} AND user_id = ANY ($1::text[]) AND call_id IS DISTINCT FROM $2::uuid
     )
   ) AS result`,
);

interface BusyUsersRow {
  result: { now: string; busyUsers: [userId: string, callId: string][] };
}

/**
 * Finds those of the users who are active in a call other than `exceptCallId`. Also returns the
 * database's time.
 */
export async function findBusyUsers(
  db: Queries,
  userIds: readonly string[],
  exceptCallId: string | null,
): Promise<{ now: Instant; busyUsers: BusyUsers }> {
  const [row] = await db.rows<BusyUsersRow>(FIND_BUSY_USERS, [userIds, exceptCallId]);
  if (row === undefined) throw new Error('a SELECT without FROM returned no row');
  return { now: toInstant(row.result.now), busyUsers: new Map(row.result.busyUsers) };
}

const LIST_ACTIVE_CALLS = statement(
  'list_active_calls',
  `SELECT ${WHOLE_CALL} AS whole
   FROM calls JOIN call_participants ON call_participants.call_id = calls.id
   WHERE ${ACTIVE} AND user_id = $1 AND ($2::text IS NULL OR conversation_id = $2)`,
);

/** Lists the calls in which the user is active: one at most, because of the claim. */
export async function listActiveCalls(
  db: Queries,
  userId: string,
  conversationId: string | null,
): Promise<Loaded[]> {
  const rows = await db.rows<{ whole: WholeCall }>(LIST_ACTIVE_CALLS, [userId, conversationId]);
  return rows.map(({ whole }) => toLoaded(whole));
}
