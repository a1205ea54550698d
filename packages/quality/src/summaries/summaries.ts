import type { ParticipantQuality, QualityDirection, QualitySummary } from '@ringline/contract';
import type { Database, Queries } from '@ringline/store';
import { createBatchSize, statement, toInstant, toIso } from '@ringline/store/sql';
import { listRatings } from '../ratings/ratings.ts';

/** Samples may still arrive when a call has ended. Later ones cause another summary. */
const SETTLED = `interval '5 minutes'`;

/** Listed one by one, since a newer release may add columns while this process runs. */
const COLUMNS = `call_id, user_id, direction, samples, minimum_mos, median_mos, worst_mos, worst_at,
  excellent, good, fair, poor`;

interface Row {
  user_id: string;
  direction: QualityDirection;
  samples: number;
  minimum_mos: number;
  median_mos: number;
  worst_mos: number;
  worst_at: string;
  excellent: number;
  good: number;
  fair: number;
  poor: number;
}

function toSummary(row: Row): QualitySummary {
  return {
    samples: row.samples,
    minimumMos: row.minimum_mos,
    medianMos: row.median_mos,
    worstFiveSeconds: { at: toIso(toInstant(row.worst_at)), mos: row.worst_mos },
    levels: { excellent: row.excellent, good: row.good, fair: row.fair, poor: row.poor },
  };
}

const LIST_SUMMARIES = statement(
  'list_summaries',
  `SELECT row_to_json(summary) AS summary FROM (
     SELECT ${COLUMNS} FROM summarise_quality(ARRAY[$1::uuid])
     WHERE EXISTS (SELECT FROM call_quality_trends WHERE call_id = $1)
     UNION ALL
     SELECT ${COLUMNS} FROM call_quality_summaries
     WHERE call_id = $1 AND NOT EXISTS (SELECT FROM call_quality_trends WHERE call_id = $1)
   ) AS summary`,
);

/**
 * Computes the summaries from the samples while the call has trends; afterwards reads the stored
 * ones.
 */
async function listSummaries(db: Queries, callId: string): Promise<Row[]> {
  const rows = await db.rows<{ summary: Row }>(LIST_SUMMARIES, [callId]);
  return rows.map(({ summary }) => summary);
}

export async function listParticipants(db: Queries, callId: string): Promise<ParticipantQuality[]> {
  const [rows, ratings] = await Promise.all([listSummaries(db, callId), listRatings(db, callId)]);
  const userIds = new Set([...rows.map((row) => row.user_id), ...ratings.keys()]);
  return [...userIds].sort().map((userId) => {
    const findSummary = (direction: QualityDirection): QualitySummary | null => {
      const row = rows.find((one) => one.user_id === userId && one.direction === direction);
      return row === undefined ? null : toSummary(row);
    };
    const rating = ratings.get(userId) ?? null;
    return { userId, send: findSummary('send'), receive: findSummary('receive'), rating };
  });
}

const SAVE_SUMMARIES = statement(
  'save_summaries',
  `INSERT INTO call_quality_summaries AS kept (${COLUMNS})
   SELECT summary.* FROM summarise_quality($1::uuid[]) AS summary
   JOIN calls ON calls.id = summary.call_id
   ON CONFLICT (call_id, user_id, direction) DO UPDATE SET (
     samples, minimum_mos, median_mos, worst_mos, worst_at, excellent, good, fair, poor
   ) = ROW (
     excluded.samples, excluded.minimum_mos, excluded.median_mos, excluded.worst_mos,
     excluded.worst_at, excluded.excellent, excluded.good, excluded.fair, excluded.poor
   )`,
);

const TAKE_TRENDS = statement(
  'take_trends_to_summarise',
  `DELETE FROM call_quality_trends WHERE (call_id, user_id, direction) IN (
     SELECT call_id, user_id, direction
     FROM call_quality_trends AS stream LEFT JOIN calls ON calls.id = call_id
     WHERE calls.id IS NULL OR ended_at <= ringline_now() - ${SETTLED}
     LIMIT $1 FOR UPDATE OF stream SKIP LOCKED
   ) RETURNING call_id AS "callId"`,
);

async function summariseLocked(tx: Queries, limit: number): Promise<number> {
  const removed = await tx.rows<{ callId: string }>(TAKE_TRENDS, [limit]);
  if (removed.length > 0) {
    await tx.run(SAVE_SUMMARIES, [[...new Set(removed.map(({ callId }) => callId))]]);
  }
  return removed.length;
}

/** Trends mark what there is to summarise. Workers skip the trends that others have locked. */
export function createSummarise(db: Database): (limit: number) => Promise<number> {
  const inBatches = createBatchSize();
  return (most) =>
    inBatches(
      most,
      (limit, timeoutMs) => db.transaction((tx) => summariseLocked(tx, limit), { timeoutMs }),
      (summarised) => summarised,
    );
}
