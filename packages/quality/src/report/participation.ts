import type { Instant } from '@ringline/domain';
import type { Queries } from '@ringline/store';
import { statement, toInstant } from '@ringline/store/sql';

/** The facts that decide whether a user may report or rate a call. */
export interface Participation {
  isInCall: boolean;
  /** At any time, also before they were removed. */
  wasInCall: boolean;
  /** Within the last minute. */
  justLeft: boolean;
  callIsOver: boolean;
  /** The database's time of this query. */
  now: Instant;
}

const FIND_PARTICIPATION = statement(
  'find_participation',
  `SELECT json_build_object(
     'isInCall', call_participants.state IN ('joining', 'joined', 'reconnecting'),
     'wasInCall', joined_at IS NOT NULL,
     'justLeft', coalesce(left_at > ringline_now() - interval '1 minute', false),
     'callIsOver', ended_at IS NOT NULL,
     'now', ringline_now()
   ) AS found
   FROM call_participants JOIN calls ON calls.id = call_id
   WHERE call_id = $1 AND user_id = $2`,
);

/** null if the user is no participant, or there is no such call. */
export async function findParticipation(
  db: Queries,
  callId: string,
  userId: string,
): Promise<Participation | null> {
  const rows = await db.rows<{ found: Omit<Participation, 'now'> & { now: string } }>(
    FIND_PARTICIPATION,
    [callId, userId],
  );
  const found = rows[0]?.found;
  return found === undefined ? null : { ...found, now: toInstant(found.now) };
}
