import type { QualityDirection } from '@ringline/contract';
import type { Instant } from '@ringline/domain';
import type { Queries } from '@ringline/store';
import { statement } from '@ringline/store/sql';
import type { ScoredSample } from '../score/score.ts';
import { advanceTrend, FIRST_TREND, type Trend, type TrendChange } from './trend.ts';

/** A participant's media in one direction, which is a stream of its own. */
export interface StreamKey {
  callId: string;
  userId: string;
  direction: QualityDirection;
}

/** A lasting change of a stream's quality. */
export type QualityChange = StreamKey & TrendChange;

/** A stream, with its samples in the order of their arrival. */
interface SampledStream extends StreamKey {
  samples: ScoredSample[];
}

function toName({ callId, userId, direction }: StreamKey): string {
  return `${callId} ${direction} ${userId}`;
}

function groupByStream(samples: readonly ScoredSample[]): SampledStream[] {
  const streams = new Map<string, SampledStream>();
  for (const sample of samples) {
    const name = toName(sample);
    const { callId, userId, direction } = sample;
    const stream = streams.get(name) ?? { callId, userId, direction, samples: [] };
    stream.samples.push(sample);
    streams.set(name, stream);
  }
  return [...streams.values()];
}

const STREAMS = 'unnest($1::uuid[], $2::text[], $3::text[])';

function toArrays(streams: readonly StreamKey[]): string[][] {
  return [
    streams.map(({ callId }) => callId),
    streams.map(({ userId }) => userId),
    streams.map(({ direction }) => direction),
  ];
}

/** As the index `call_quality_trends_moving` has it. */
const IS_CHANGING = `NOT (trend -> 'run' = 'null' AND trend ->> 'level' = 'excellent')`;

const PICK_UNSTABLE = statement(
  'pick_unstable_streams',
  `SELECT index::int
   FROM ${STREAMS} WITH ORDINALITY AS stream (call_id, user_id, direction, index)
   LEFT JOIN call_quality_trends USING (call_id, user_id, direction)
   WHERE trend IS NULL OR ${IS_CHANGING}`,
);

/** Picks the streams that are changing or have no trend yet. */
async function pickUnstable(
  db: Queries,
  streams: readonly SampledStream[],
): Promise<SampledStream[]> {
  const unstable = await db.rows<{ index: number }>(PICK_UNSTABLE, toArrays(streams));
  return unstable.flatMap(({ index }) => streams[index - 1] ?? []);
}

/**
 * Finds the streams whose trends these samples may change. Most samples are excellent ones of
 * stable streams, and need no lock. Late samples always do: their call may be over, and its trends
 * about to be removed by the summary.
 */
export async function findAffectedStreams(
  db: Queries,
  samples: readonly ScoredSample[],
  since: Instant,
): Promise<StreamKey[]> {
  const { quiet = [], affected = [] } = Object.groupBy(groupByStream(samples), (stream) =>
    stream.samples.every(
      ({ level, arrivedAt }) => level === FIRST_TREND.level && arrivedAt >= since,
    )
      ? 'quiet'
      : 'affected',
  );
  return [...affected, ...(await pickUnstable(db, quiet))];
}

const LOCK_TRENDS = statement(
  'lock_trends',
  `SELECT call_id AS "callId", user_id AS "userId", direction, trend FROM call_quality_trends
   WHERE (call_id, user_id, direction) IN (SELECT * FROM ${STREAMS})
   ORDER BY call_id, user_id, direction FOR NO KEY UPDATE`,
);

/** All processes lock in the same order. A new stream has no trend. */
async function lockTrends(tx: Queries, streams: readonly StreamKey[]): Promise<Map<string, Trend>> {
  const rows = await tx.rows<StreamKey & { trend: Trend }>(LOCK_TRENDS, toArrays(streams));
  return new Map(rows.map((row) => [toName(row), row.trend]));
}

const SAVE_TRENDS = statement(
  'save_trends',
  `INSERT INTO call_quality_trends (call_id, user_id, direction, trend)
   SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[]) ORDER BY 1, 2, 3
   ON CONFLICT (call_id, user_id, direction) DO UPDATE SET trend = excluded.trend`,
);

async function saveTrends(
  tx: Queries,
  trends: readonly { stream: StreamKey; trend: Trend }[],
): Promise<void> {
  if (trends.length === 0) return;
  const jsons = trends.map(({ trend }) => JSON.stringify(trend));
  await tx.run(SAVE_TRENDS, [...toArrays(trends.map(({ stream }) => stream)), jsons]);
}

function advanceStream(
  { callId, userId, direction, samples }: SampledStream,
  start: Trend,
  since: Instant,
): { trend: Trend; changes: QualityChange[] } {
  let trend = start;
  const changes: QualityChange[] = [];
  for (const sample of samples) {
    if (sample.arrivedAt < since) continue;
    const step = advanceTrend(trend, sample, sample.arrivedAt);
    trend = step.trend;
    if (step.change) changes.push({ ...step.change, callId, userId, direction });
  }
  return { trend, changes };
}

/**
 * Advances the trends of the affected streams, and returns the lasting changes. Samples that
 * arrived before `since` change no level. They only create a trend, which marks that there is
 * something to summarise.
 */
export async function updateTrends(
  tx: Queries,
  affected: readonly StreamKey[],
  stored: readonly ScoredSample[],
  since: Instant,
): Promise<QualityChange[]> {
  const names = new Set(affected.map(toName));
  const streams = groupByStream(stored.filter((sample) => names.has(toName(sample))));
  if (streams.length === 0) return [];
  const known = await lockTrends(tx, streams);
  const advanced = streams.map((stream) => ({
    stream,
    ...advanceStream(stream, known.get(toName(stream)) ?? FIRST_TREND, since),
  }));
  await saveTrends(
    tx,
    advanced.filter(({ stream, trend }) => trend !== known.get(toName(stream))),
  );
  return advanced.flatMap(({ changes }) => changes);
}
