import type { ParticipantQuality, QualityDirection, QualitySummary } from '@ringline/contract';
import { createBatchSize } from '../batch-size.ts';
import type { Database, Queries } from '../database.ts';
import { toInstant, toIso } from '../instants.ts';
import { ratingsOf } from './ratings.ts';

/** Samples may still be on their way when a call ends; those that come later yet are summarised again. */
const SETTLED = `interval '5 minutes'`;

/** Named one by one, since an older process meets tables that have grown. */
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

function summaryOf(row: Row): QualitySummary {
  return {
    samples: row.samples,
    minimumMos: row.minimum_mos,
    medianMos: row.median_mos,
    worstFiveSeconds: { at: toIso(toInstant(row.worst_at)), mos: row.worst_mos },
    levels: { excellent: row.excellent, good: row.good, fair: row.fair, poor: row.poor },
  };
}

/** Of those participants who reported: from the samples, as long as these are not summarised for good. */
async function summariesOf(db: Queries, callId: string): Promise<Row[]> {
  const rows = await db.rows<{ summary: Row }>(
    `SELECT row_to_json(summary) AS summary FROM (
       SELECT ${COLUMNS} FROM summarise_quality(ARRAY[$1::uuid])
       WHERE EXISTS (SELECT FROM call_quality_trends WHERE call_id = $1)
       UNION ALL
       SELECT ${COLUMNS} FROM call_quality_summaries
       WHERE call_id = $1 AND NOT EXISTS (SELECT FROM call_quality_trends WHERE call_id = $1)
     ) AS summary`,
    [callId],
  );
  return rows.map(({ summary }) => summary);
}

async function saveSummaries(tx: Queries, callIds: readonly string[]): Promise<void> {
  await tx.rows(
    `INSERT INTO call_quality_summaries AS kept (${COLUMNS})
     SELECT summary.* FROM summarise_quality($1::uuid[]) AS summary
     JOIN calls ON calls.id = summary.call_id
     ON CONFLICT (call_id, user_id, direction) DO UPDATE SET (
       samples, minimum_mos, median_mos, worst_mos, worst_at, excellent, good, fair, poor
     ) = ROW (
       excluded.samples, excluded.minimum_mos, excluded.median_mos, excluded.worst_mos,
       excluded.worst_at, excluded.excellent, excluded.good, excluded.fair, excluded.poor
     )`,
    [callIds],
  );
}

/** How the call was for each participant who reported or rated it, by their ids. */
export async function qualityOf(db: Queries, callId: string): Promise<ParticipantQuality[]> {
  const [summaries, ratings] = await Promise.all([summariesOf(db, callId), ratingsOf(db, callId)]);
  const userIds = new Set([...summaries.map((row) => row.user_id), ...ratings.keys()]);
  return [...userIds].sort().map((userId) => {
    const inDirection = (direction: QualityDirection): QualitySummary | null => {
      const row = summaries.find((one) => one.user_id === userId && one.direction === direction);
      return row === undefined ? null : summaryOf(row);
    };
    const rating = ratings.get(userId) ?? null;
    return { userId, send: inDirection('send'), receive: inDirection('receive'), rating };
  });
}

async function summariseLocked(tx: Queries, limit: number): Promise<number> {
  const over = await tx.rows<{ callId: string }>(
    `DELETE FROM call_quality_trends WHERE (call_id, user_id, direction) IN (
       SELECT call_id, user_id, direction
       FROM call_quality_trends AS line LEFT JOIN calls ON calls.id = call_id
       WHERE calls.id IS NULL OR ended_at <= ringline_now() - ${SETTLED}
       LIMIT $1 FOR UPDATE OF line SKIP LOCKED
     ) RETURNING call_id AS "callId"`,
    [limit],
  );
  if (over.length > 0) await saveSummaries(tx, [...new Set(over.map(({ callId }) => callId))]);
  return over.length;
}

/**
 * Summarises calls that ended a while ago, for good, and forgets their trends, which mark what there is to summarise;
 * up to `limit` of these at once. Returns how many there were. Workers share the work without overlap.
 */
export function createSummarise(db: Database) {
  const inBatches = createBatchSize();
  return (most: number): Promise<number> =>
    inBatches(
      most,
      (limit, timeoutMs) => db.transaction((tx) => summariseLocked(tx, limit), { timeoutMs }),
      (summarised) => summarised,
    );
}
