import type { Rating as WireRating } from '@ringline/contract';
import type { Instant } from '@ringline/domain';
import type { Database, Queries } from '../database.ts';
import { type NewIdempotentResult, saveIdempotent } from '../idempotency.ts';
import { toInstant, toIso } from '../instants.ts';

/** The key of a rating, which the state machine does not refuse. */
export type IdempotencyKey = Pick<NewIdempotentResult, 'userId' | 'key' | 'fingerprint' | 'status'>;

/** Where somebody stands in a call of theirs. */
export interface Participation {
  isInCall: boolean;
  /** They were in it once, whatever became of them. */
  wasInCall: boolean;
  /** Within the last minute. */
  justLeft: boolean;
  callIsOver: boolean;
  /** The database's time when it looked. */
  now: Instant;
}

/** What one user says of one call. */
export interface Rating {
  callId: string;
  userId: string;
  stars: number;
  comment: string | null;
}

/** null for one who is no participant of the call, or where there is no such call. */
export async function findParticipation(
  db: Queries,
  callId: string,
  userId: string,
): Promise<Participation | null> {
  const rows = await db.rows<{ standing: Omit<Participation, 'now'> & { now: string } }>(
    `SELECT json_build_object(
       'isInCall', call_participants.state IN ('joining', 'joined', 'reconnecting'),
       'wasInCall', joined_at IS NOT NULL,
       'justLeft', coalesce(left_at > ringline_now() - interval '1 minute', false),
       'callIsOver', ended_at IS NOT NULL,
       'now', ringline_now()
     ) AS standing
     FROM call_participants JOIN calls ON calls.id = call_id
     WHERE call_id = $1 AND user_id = $2`,
    [callId, userId],
  );
  const [row] = rows;
  return row === undefined ? null : { ...row.standing, now: toInstant(row.standing.now) };
}

interface Row {
  userId: string;
  rating: WireRating;
}

const RATING = `user_id AS "userId",
  json_build_object('stars', stars, 'comment', comment, 'at', rated_at) AS rating`;

function withIso({ userId, rating }: Row): Row {
  return {
    userId,
    rating: { ...rating, at: toIso(toInstant(rating.at)) },
  };
}

/** Replaces the user's rating; null if the idempotency key is there already, and then nothing was written. */
export function rate(
  db: Database,
  { callId, userId, stars, comment }: Rating,
  key: IdempotencyKey | null,
): Promise<WireRating | null> {
  return db.transaction(async (tx) => {
    const answer = key && { ...key, refusal: null, merged: false };
    if (answer !== null && (await saveIdempotent(tx, callId, answer)) === null) return null;
    const [row] = await tx.rows<Row>(
      `INSERT INTO call_ratings (call_id, user_id, stars, comment) VALUES ($1, $2, $3, $4)
       ON CONFLICT (call_id, user_id) DO UPDATE SET (stars, comment, rated_at)
         = ROW (excluded.stars, excluded.comment, excluded.rated_at)
       RETURNING ${RATING}`,
      [callId, userId, stars, comment],
    );
    if (row === undefined) throw new Error('a rating was written and left no trace');
    return withIso(row).rating;
  });
}

/** All ratings of a call, by the ids of those who gave them. */
export async function ratingsOf(db: Queries, callId: string): Promise<Map<string, WireRating>> {
  const rows = await db.rows<Row>(`SELECT ${RATING} FROM call_ratings WHERE call_id = $1`, [
    callId,
  ]);
  return new Map(rows.map(withIso).map(({ userId, rating }) => [userId, rating]));
}
