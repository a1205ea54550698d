import type { QualityDirection } from '@ringline/contract';
import {
  FIRST_TREND,
  follow,
  type Instant,
  type QualityLevel,
  type Trend,
  type TrendChange,
} from '@ringline/domain';
import type { Queries } from '../database.ts';
import { binaryArray, kinds } from './binary-array.ts';
import type { ScoredSample } from './samples.ts';

/** A lasting change of how somebody's line is. */
export interface QualityChange extends TrendChange {
  callId: string;
  userId: string;
  direction: QualityDirection;
  /** Of the sample that made it last. */
  mos: number;
}

/** Whose line it is, and what came of it just now, in the order in which it arrived. */
interface Line {
  callId: string;
  userId: string;
  direction: QualityDirection;
  samples: ScoredSample[];
}

type Named = Omit<Line, 'samples'>;

const nameOf = ({ callId, userId, direction }: Named): string => `${callId} ${direction} ${userId}`;

const arraysOf = (lines: readonly Line[]): Buffer[] => [
  binaryArray(
    kinds.uuid,
    lines.map(({ callId }) => callId),
  ),
  binaryArray(
    kinds.text,
    lines.map(({ userId }) => userId),
  ),
  binaryArray(
    kinds.text,
    lines.map(({ direction }) => direction),
  ),
];

const LINES = '$1::uuid[], $2::text[], $3::text[]';

/** What all of the samples say of the line; null where they differ, or some are no news. */
const levelOf = ({ samples }: Line, since: Instant): QualityLevel | null => {
  const [first] = samples;
  const same = samples.every(
    ({ level, arrivedAt }) => level === first?.level && arrivedAt >= since,
  );
  return same ? (first?.level ?? null) : null;
};

/**
 * Leaves out the lines that are as they were told to be, and of which nothing else was seen: most lines, most of the
 * time. They need neither a lock nor a write.
 */
const moving = async (
  tx: Queries,
  lines: readonly Line[],
  since: Instant,
): Promise<readonly Line[]> => {
  const levels = lines.map((line) => levelOf(line, since));
  const rows = await tx.rows<Named>(
    `SELECT call_id AS "callId", user_id AS "userId", direction
     FROM unnest(${LINES}, $4::text[]) AS seen (call_id, user_id, direction, level)
     LEFT JOIN call_quality_trends AS kept USING (call_id, user_id, direction)
     WHERE (kept.trend -> 'run' = 'null' AND kept.trend ->> 'level' = seen.level) IS NOT TRUE`,
    [...arraysOf(lines), binaryArray(kinds.text, levels)],
  );
  const names = new Set(rows.map(nameOf));
  return lines.filter((line) => names.has(nameOf(line)));
};

/** Locks the trends of these lines, in an order that is the same for everyone. New lines have none. */
const lockTrends = async (tx: Queries, lines: readonly Line[]): Promise<Map<string, Trend>> => {
  const rows = await tx.rows<Named & { trend: Trend }>(
    `SELECT call_id AS "callId", user_id AS "userId", direction, trend FROM call_quality_trends
     WHERE (call_id, user_id, direction) IN (SELECT * FROM unnest(${LINES}))
     ORDER BY call_id, user_id, direction FOR NO KEY UPDATE`,
    arraysOf(lines),
  );
  return new Map(rows.map((row) => [nameOf(row), row.trend]));
};

const saveTrends = async (
  tx: Queries,
  lines: readonly Line[],
  trends: readonly Trend[],
): Promise<void> => {
  const jsons = trends.map((trend) => JSON.stringify(trend));
  await tx.run(
    `INSERT INTO call_quality_trends (call_id, user_id, direction, trend)
     SELECT * FROM unnest(${LINES}, $4::jsonb[]) ORDER BY 1, 2, 3
     ON CONFLICT (call_id, user_id, direction) DO UPDATE SET trend = excluded.trend`,
    [...arraysOf(lines), jsons],
  );
};

const linesOf = (samples: readonly ScoredSample[]): Line[] => {
  const lines = new Map<string, Line>();
  for (const sample of samples) {
    const { callId, userId, direction } = sample;
    const name = nameOf(sample);
    const line = lines.get(name) ?? { callId, userId, direction, samples: [] };
    line.samples.push(sample);
    lines.set(name, line);
  }
  return [...lines.values()];
};

const followLine = (
  { callId, userId, direction, samples }: Line,
  start: Trend,
  since: Instant,
): { trend: Trend; changes: QualityChange[] } => {
  let trend = start;
  const changes: QualityChange[] = [];
  for (const { level, arrivedAt, mos } of samples) {
    if (arrivedAt < since) continue;
    const followed = follow(trend, level, arrivedAt);
    trend = followed.trend;
    if (followed.change) changes.push({ ...followed.change, callId, userId, direction, mos });
  }
  return { trend, changes };
};

/**
 * Follows how lines go by these samples, in the order in which they arrived. Those that arrived before `since` say
 * nothing of now: they only leave a trend, which marks that there is something to summarise.
 */
export const followTrends = async (
  tx: Queries,
  samples: readonly ScoredSample[],
  since: Instant,
): Promise<QualityChange[]> => {
  const lines = await moving(tx, linesOf(samples), since);
  if (lines.length === 0) return [];
  const known = await lockTrends(tx, lines);
  const followed = lines.map((line) =>
    followLine(line, known.get(nameOf(line)) ?? FIRST_TREND, since),
  );
  await saveTrends(
    tx,
    lines,
    followed.map(({ trend }) => trend),
  );
  return followed.flatMap(({ changes }) => changes);
};
