import type { Notices, QualityDirection } from '@ringline/contract';
import {
  FIRST_TREND,
  follow,
  type Instant,
  type Trend,
  type TrendChange,
  toldOf,
} from '@ringline/domain';
import type { Queries } from '../database.ts';
import { binaryArray, kinds } from './binary-array.ts';
import type { ScoredSample } from './samples.ts';

/** The line of a user in a call, in one direction. */
export interface Line {
  callId: string;
  userId: string;
  direction: QualityDirection;
}

/** A lasting change of how somebody's line is. */
export type QualityChange = Line & TrendChange;

/** A line, and what arrived of it just now, in that order. */
interface SampledLine extends Line {
  samples: ScoredSample[];
}

function nameOf({ callId, userId, direction }: Line): string {
  return `${callId} ${direction} ${userId}`;
}

const LINES = '$1::uuid[], $2::text[], $3::text[]';
function arraysOf(lines: readonly Line[]): Buffer[] {
  const columns = [
    [kinds.uuid, lines.map(({ callId }) => callId)],
    [kinds.text, lines.map(({ userId }) => userId)],
    [kinds.text, lines.map(({ direction }) => direction)],
  ] as const;
  return columns.map(([kind, values]) => binaryArray(kind, values));
}

/** With what arrived of each. */
function sampled(lines: readonly Line[], samples: readonly ScoredSample[]): SampledLine[] {
  const byName = new Map(
    lines.map(({ callId, userId, direction }) => [
      nameOf({ callId, userId, direction }),
      { callId, userId, direction, samples: [] as ScoredSample[] },
    ]),
  );
  for (const sample of samples) byName.get(nameOf(sample))?.samples.push(sample);
  return [...byName.values()];
}

/** Locks the trends of these lines, in an order that is the same for everyone. New lines have none. */
async function lockTrends(tx: Queries, lines: readonly Line[]): Promise<Map<string, Trend>> {
  const rows = await tx.rows<Line & { trend: Trend }>(
    `SELECT call_id AS "callId", user_id AS "userId", direction, trend FROM call_quality_trends
     WHERE (call_id, user_id, direction) IN (SELECT * FROM unnest(${LINES}))
     ORDER BY call_id, user_id, direction FOR NO KEY UPDATE`,
    arraysOf(lines),
  );
  return new Map(rows.map((row) => [nameOf(row), row.trend]));
}

async function saveTrends(
  tx: Queries,
  followed: readonly Pick<FollowedLine, 'line' | 'trend'>[],
): Promise<void> {
  if (followed.length === 0) return;
  const jsons = followed.map(({ trend }) => JSON.stringify(trend));
  await tx.run(
    `INSERT INTO call_quality_trends (call_id, user_id, direction, trend)
     SELECT * FROM unnest(${LINES}, $4::jsonb[]) ORDER BY 1, 2, 3
     ON CONFLICT (call_id, user_id, direction) DO UPDATE SET trend = excluded.trend`,
    [...arraysOf(followed.map(({ line }) => line)), jsons],
  );
}

function followLine(
  { callId, userId, direction, samples }: SampledLine,
  start: Trend,
  since: Instant,
): { trend: Trend; changes: QualityChange[] } {
  let trend = start;
  const changes: QualityChange[] = [];
  for (const sample of samples) {
    if (sample.arrivedAt < since) continue;
    const followed = follow(trend, sample, sample.arrivedAt);
    trend = followed.trend;
    if (followed.change) changes.push({ ...followed.change, callId, userId, direction });
  }
  return { trend, changes };
}

export interface FollowedLine {
  line: Line;
  trend: Trend;
  changes: readonly QualityChange[];
}

/**
 * Follows the lines that moved, by all samples of them, in the order in which they arrived. Those that arrived before
 * `since` say nothing of now: they only leave a trend, which marks that there is something to summarise.
 */
export async function followTrends(
  tx: Queries,
  moved: readonly Line[],
  samples: readonly ScoredSample[],
  since: Instant,
): Promise<FollowedLine[]> {
  if (moved.length === 0) return [];
  const lines = sampled(moved, samples);
  const known = await lockTrends(tx, lines);
  const followed = lines.map((line) => ({
    line,
    ...followLine(line, known.get(nameOf(line)) ?? FIRST_TREND, since),
  }));
  await saveTrends(
    tx,
    followed.filter(({ line, trend }) => trend !== known.get(nameOf(line))),
  );
  return followed;
}

export function noticeOf({ mos, ...change }: QualityChange): Notices['call:quality_changed'] {
  return {
    ...change,
    mos: Math.round(mos * 100) / 100,
  };
}

/** What was last told of a line. */
export interface ToldLine {
  notice: Notices['call:quality_changed'];
  /** On which device it is; null where none was named. */
  deviceId: string | null;
}

/** What was last told of the lines in these calls, for those who were away or on the way to whom it was lost. */
export async function toldIn(db: Queries, callIds: readonly string[]): Promise<ToldLine[]> {
  const lines = await db.rows<Line & { trend: Trend }>(
    `SELECT call_id AS "callId", user_id AS "userId", direction, trend FROM call_quality_trends
     WHERE call_id = ANY ($1) AND trend -> 'mos' <> 'null' ORDER BY call_id, user_id, direction`,
    [callIds],
  );
  return lines.flatMap(({ trend, ...line }) => {
    const told = toldOf(trend);
    return told === null
      ? []
      : [{ notice: noticeOf({ ...line, ...told }), deviceId: trend.deviceId }];
  });
}
