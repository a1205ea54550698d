import type { Rating } from '@ringline/contract';
import type { Database, NewIdempotentResult, Queries } from '@ringline/store';
import { saveIdempotent, statement, toInstant, toIso } from '@ringline/store/sql';

/** The `Idempotency-Key` of a rating. */
export type RatingKey = Pick<NewIdempotentResult, 'userId' | 'key' | 'fingerprint' | 'status'>;

export interface NewRating {
  callId: string;
  userId: string;
  stars: number;
  comment: string | null;
}

interface Row {
  userId: string;
  rating: Rating;
}

const RATING = `user_id AS "userId",
  json_build_object('stars', stars, 'comment', comment, 'at', rated_at) AS rating`;

function toRating({ rating }: Row): Rating {
  return { ...rating, at: toIso(toInstant(rating.at)) };
}

const SAVE_RATING = statement(
  'save_rating',
  `INSERT INTO call_ratings (call_id, user_id, stars, comment) VALUES ($1, $2, $3, $4)
   ON CONFLICT (call_id, user_id) DO UPDATE SET (stars, comment, rated_at)
     = ROW (excluded.stars, excluded.comment, excluded.rated_at)
   RETURNING ${RATING}`,
);

export function saveRating(
  db: Database,
  { callId, userId, stars, comment }: NewRating,
  key: RatingKey | null,
): Promise<Rating | null> {
  return db.transaction(async (tx) => {
    const answer = key && { ...key, refusal: null, merged: false };
    if (answer !== null && (await saveIdempotent(tx, callId, answer)) === null) return null;
    const [row] = await tx.rows<Row>(SAVE_RATING, [callId, userId, stars, comment]);
    if (row === undefined) throw new Error('writing a rating returned no row');
    return toRating(row);
  });
}

const LIST_RATINGS = statement(
  'list_ratings',
  `SELECT ${RATING} FROM call_ratings WHERE call_id = $1`,
);

/** Keyed by the users who gave them. */
export async function listRatings(db: Queries, callId: string): Promise<Map<string, Rating>> {
  const rows = await db.rows<Row>(LIST_RATINGS, [callId]);
  return new Map(rows.map((row) => [row.userId, toRating(row)]));
}
