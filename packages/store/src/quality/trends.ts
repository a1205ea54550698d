import type { QualityDirection } from '@ringline/contract';
import { FIRST_TREND, follow, type Instant, type Trend, type TrendChange } from '@ringline/domain';
import type { Queries } from '../database.ts';
import type { ScoredSample } from './samples.ts';

/** A lasting change of how somebody's line is. */
export interface QualityChange extends TrendChange {
  callId: string;
  userId: string;
  direction: QualityDirection;
  /** Of the sample that made it last. */
  mos: number;
}

interface Line {
  call_id: string;
  user_id: string;
  direction: QualityDirection;
  trend: Trend;
}

const keyOf = (callId: string, userId: string, direction: string): string =>
  `${callId} ${direction} ${userId}`;

/** Locks the trends of these lines, in an order that is the same for everyone. Lines without one are left out. */
const lockTrends = (tx: Queries, samples: readonly ScoredSample[]): Promise<Line[]> =>
  tx.rows<Line>(
    `SELECT call_id, user_id, direction, trend FROM call_quality_trends
     WHERE (call_id, user_id, direction) IN (
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
     )
     ORDER BY call_id, user_id, direction FOR NO KEY UPDATE`,
    [
      samples.map(({ callId }) => callId),
      samples.map(({ userId }) => userId),
      samples.map(({ direction }) => direction),
    ],
  );

const saveTrends = async (tx: Queries, lines: readonly Line[]): Promise<void> => {
  if (lines.length === 0) return;
  await tx.rows(
    `INSERT INTO call_quality_trends (call_id, user_id, direction, trend)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[])
     ORDER BY 1, 2, 3
     ON CONFLICT (call_id, user_id, direction) DO UPDATE SET trend = excluded.trend`,
    [
      lines.map(({ call_id }) => call_id),
      lines.map(({ user_id }) => user_id),
      lines.map(({ direction }) => direction),
      lines.map(({ trend }) => JSON.stringify(trend)),
    ],
  );
};

/**
 * Follows how lines go by these samples, in the order in which they arrived. Those that arrived before `since` say
 * nothing of now: they only leave a mark that there is something to summarise.
 */
export const followTrends = async (
  tx: Queries,
  samples: readonly ScoredSample[],
  since: Instant,
): Promise<QualityChange[]> => {
  const known = new Map(
    (await lockTrends(tx, samples)).map((line) => [
      keyOf(line.call_id, line.user_id, line.direction),
      line.trend,
    ]),
  );
  const touched = new Map<string, Line>();
  const changes: QualityChange[] = [];
  for (const { callId, userId, direction, arrivedAt, level, mos } of samples) {
    const key = keyOf(callId, userId, direction);
    const before = touched.get(key)?.trend ?? known.get(key);
    const start = before ?? FIRST_TREND;
    const { trend, change } =
      arrivedAt < since ? { trend: start, change: null } : follow(start, level, arrivedAt);
    if (trend !== before) {
      touched.set(key, { call_id: callId, user_id: userId, direction, trend });
    }
    if (change !== null) changes.push({ ...change, callId, userId, direction, mos });
  }
  await saveTrends(tx, [...touched.values()]);
  return changes;
};
