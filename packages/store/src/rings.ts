import type { Queries } from './database.ts';
import { statement } from './statement.ts';

export interface Ring {
  callId: string;
  userId: string;
}

const IS_UNACKNOWLEDGED = `state = 'invited' AND ring_expires_at > ringline_now()
  AND greatest(invited_at, ring_repeated_at) <= ringline_now() - $1 * interval '1 millisecond'`;

const HAS_UNACKNOWLEDGED = statement(
  'has_unacknowledged_rings',
  `SELECT FROM call_participants WHERE ${IS_UNACKNOWLEDGED} LIMIT 1`,
);

/** Returns whether any ring has been unacknowledged for this long. */
export async function hasUnacknowledgedRings(db: Queries, forMs: number): Promise<boolean> {
  return (await db.rows(HAS_UNACKNOWLEDGED, [forMs])).length > 0;
}

const LIST_UNACKNOWLEDGED = statement(
  'list_unacknowledged_rings',
  `SELECT call_id AS "callId", user_id AS "userId" FROM call_participants
   WHERE ${IS_UNACKNOWLEDGED} AND user_id = ANY ($2::text[])`,
);

/**
 * Lists the rings of these users that have been unacknowledged for this long: at most one for each
 * user.
 */
export function listUnacknowledgedRings(
  db: Queries,
  forMs: number,
  userIds: readonly string[],
): Promise<Ring[]> {
  return db.rows(LIST_UNACKNOWLEDGED, [forMs, userIds]);
}
