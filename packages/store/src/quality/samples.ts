import type { QualityDirection } from '@ringline/contract';
import type { Instant, QualityLevel } from '@ringline/domain';
import type { Queries } from '../database.ts';
import { isoOf } from '../instants.ts';

/** One row of `call_quality_metrics`. `arrivedAt` and `sequence` are its id in the stream, and make it known again. */
export interface ScoredSample {
  arrivedAt: Instant;
  sequence: number;
  callId: string;
  userId: string;
  direction: QualityDirection;
  /** By the client's clock. */
  measuredAt: Instant;
  jitterMs: number;
  packetLossPercent: number;
  roundTripMs: number;
  bandwidthKbps: number | null;
  audioLevel: number | null;
  fps: number | null;
  width: number | null;
  height: number | null;
  codec: string | null;
  freezeCount: number | null;
  device: string | null;
  r: number;
  mos: number;
  level: QualityLevel;
}

type Column = readonly [name: string, type: string, of: (sample: ScoredSample) => unknown];

const COLUMNS: readonly Column[] = [
  ['arrived_at', 'timestamptz', ({ arrivedAt }) => isoOf(arrivedAt)],
  ['sequence', 'bigint', ({ sequence }) => sequence],
  ['call_id', 'uuid', ({ callId }) => callId],
  ['user_id', 'text', ({ userId }) => userId],
  ['direction', 'text', ({ direction }) => direction],
  ['measured_at', 'timestamptz', ({ measuredAt }) => isoOf(measuredAt)],
  ['jitter_ms', 'real', ({ jitterMs }) => jitterMs],
  ['packet_loss_percent', 'real', ({ packetLossPercent }) => packetLossPercent],
  ['round_trip_ms', 'real', ({ roundTripMs }) => roundTripMs],
  ['bandwidth_kbps', 'real', ({ bandwidthKbps }) => bandwidthKbps],
  ['audio_level', 'real', ({ audioLevel }) => audioLevel],
  ['fps', 'real', ({ fps }) => fps],
  ['width', 'integer', ({ width }) => width],
  ['height', 'integer', ({ height }) => height],
  ['codec', 'text', ({ codec }) => codec],
  ['freeze_count', 'integer', ({ freezeCount }) => freezeCount],
  ['device', 'text', ({ device }) => device],
  ['r', 'real', ({ r }) => r],
  ['mos', 'real', ({ mos }) => mos],
  ['level', 'text', ({ level }) => level],
];

const NAMES = COLUMNS.map(([name]) => name).join(', ');
const ARRAYS = COLUMNS.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
const EXPECTED = `$${COLUMNS.length + 1}::integer`;

/** The keys are told only where some rows were there already, which is seldom. */
const INSERT = `WITH stored AS (
  INSERT INTO call_quality_metrics (${NAMES}) SELECT * FROM unnest(${ARRAYS})
  ON CONFLICT (arrived_at, sequence) DO NOTHING
  RETURNING arrived_at, sequence
)
SELECT CASE WHEN count(*) < ${EXPECTED} THEN
  coalesce(array_agg((extract(epoch FROM arrived_at) * 1000)::bigint || '-' || sequence), '{}')
END AS keys FROM stored`;

const keyOf = ({ arrivedAt, sequence }: ScoredSample): string => `${arrivedAt}-${sequence}`;

/** Inserts those that are not there yet, and returns them in the order in which they were given. */
export const insertSamples = async (
  tx: Queries,
  samples: readonly ScoredSample[],
): Promise<readonly ScoredSample[]> => {
  const columns = COLUMNS.map(([, , of]) => samples.map(of));
  const [row] = await tx.rows<{ keys: string[] | null }>(INSERT, [...columns, samples.length]);
  if (row === undefined) throw new Error('an aggregate answered no row');
  if (row.keys === null) return samples;
  const stored = new Set(row.keys);
  // Of two with one key, the database kept one.
  return samples.filter((sample) => stored.delete(keyOf(sample)));
};
