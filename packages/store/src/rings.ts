import type { Queries } from './database.ts';

export interface Ring {
  callId: string;
  userId: string;
}

/**
 * The rings that no device has acknowledged and that were last sent so long ago. They count as sent from now
 * on, so of several workers only one sends each again.
 */
export function resendRings(db: Queries, everyMs: number): Promise<Ring[]> {
  return db.rows<Ring>(
    `UPDATE call_participants SET ring_repeated_at = ringline_now()
     WHERE (call_id, user_id) IN (
       SELECT call_id, user_id FROM call_participants
       WHERE state = 'invited' AND ring_expires_at > ringline_now()
         AND greatest(invited_at, ring_repeated_at)
           <= ringline_now() - $1 * interval '1 millisecond'
       FOR NO KEY UPDATE SKIP LOCKED
     )
     RETURNING call_id AS "callId", user_id AS "userId"`,
    [everyMs],
  );
}

/** The rings that run and that no device has acknowledged since they began, so long ago. */
export function listUnacknowledgedRings(db: Queries, forMs: number): Promise<Ring[]> {
  return db.rows<Ring>(
    `SELECT call_id AS "callId", user_id AS "userId" FROM call_participants
     WHERE state = 'invited' AND ring_expires_at > ringline_now()
       AND invited_at <= ringline_now() - $1 * interval '1 millisecond'`,
    [forMs],
  );
}
