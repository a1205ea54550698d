import type { BusyUsers, Instant } from '@ringline/domain';
import type { Queries } from './database.ts';
import { toInstant } from './instants.ts';
import { type Loaded, toLoaded, WHOLE_CALL, type WholeCall } from './load.ts';

/** The unique index that lets nobody be Live in two calls. */
export const CLAIM_INDEX = 'call_participants_claim';

/** The predicate of that index, word for word, so that it is the one that is searched. */
const ACTIVE = `call_participants.state IN ('invited', 'ringing', 'joining', 'joined', 'reconnecting')`;

/** Which of these users are Live in another call than this one, and in which; with the time. */
export async function findBusyUsers(
  db: Queries,
  userIds: readonly string[],
  exceptCallId: string | null,
): Promise<{ now: Instant; busyUsers: BusyUsers }> {
  const rows = await db.rows<{
    look: { now: string; busyUsers: [userId: string, callId: string][] };
  }>(
    `SELECT json_build_object(
       'now', ringline_now(),
       'busyUsers', (
         SELECT coalesce(json_agg(json_build_array(user_id, call_id)), '[]') FROM call_participants
         WHERE ${ACTIVE} AND user_id = ANY ($1::text[]) AND call_id IS DISTINCT FROM $2::uuid
       )
     ) AS look`,
    [userIds, exceptCallId],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('a SELECT without FROM answered no row');
  return { now: toInstant(row.look.now), busyUsers: new Map(row.look.busyUsers) };
}

/** The calls in which the user is Live: because of the claim, one at most. */
export async function listActiveCalls(
  db: Queries,
  userId: string,
  conversationId: string | null,
): Promise<Loaded[]> {
  const rows = await db.rows<{ whole: WholeCall }>(
    `SELECT ${WHOLE_CALL} AS whole
     FROM calls JOIN call_participants ON call_participants.call_id = calls.id
     WHERE ${ACTIVE} AND user_id = $1 AND ($2::text IS NULL OR conversation_id = $2)`,
    [userId, conversationId],
  );
  return rows.map(({ whole }) => toLoaded(whole));
}
