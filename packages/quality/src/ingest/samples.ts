import type { Queries } from '@ringline/store';
import type { ScoredSample } from '../score/score.ts';

type Field = keyof ScoredSample;

const COLUMNS = [
  ['arrived_at', 'timestamptz', 'arrivedAt'],
  ['sequence', 'bigint', 'sequence'],
  ['call_id', 'uuid', 'callId'],
  ['user_id', 'text', 'userId'],
  ['direction', 'text', 'direction'],
  ['measured_at', 'timestamptz', 'measuredAt'],
  ['jitter_ms', 'real', 'jitterMs'],
  ['packet_loss_percent', 'real', 'packetLossPercent'],
  ['round_trip_ms', 'real', 'roundTripMs'],
  ['bandwidth_kbps', 'real', 'bandwidthKbps'],
  ['audio_level', 'real', 'audioLevel'],
  ['fps', 'real', 'fps'],
  ['width', 'integer', 'width'],
  ['height', 'integer', 'height'],
  ['codec', 'text', 'codec'],
  ['freeze_count', 'integer', 'freezeCount'],
  ['device', 'text', 'device'],
  ['r', 'real', 'r'],
  ['mos', 'real', 'mos'],
  ['level', 'text', 'level'],
] as const satisfies readonly (readonly [string, string, Field])[];

function unnest([, type]: (typeof COLUMNS)[number], index: number): string {
  if (type === 'timestamptz') return `to_timestamp(unnest($${index + 1}::float8[]) / 1000)`;
  return `unnest($${index + 1}::${type}[])`;
}

// In the select list, unnest is a third cheaper than in FROM, where Postgres first stores each array
// as a table.
const INSERT = `INSERT INTO call_quality_metrics (${COLUMNS.map(([name]) => name).join(', ')})
  SELECT ${COLUMNS.map(unnest).join(', ')}
  ON CONFLICT (arrived_at, sequence) DO NOTHING
  RETURNING (extract(epoch FROM arrived_at) * 1000)::bigint || '-' || sequence AS key`;

/** Three decimals are finer than any measurement, and are written several times faster than all. */
function round(value: string | number | null): number | null {
  return value === null ? null : Math.round(Number(value) * 1000) / 1000;
}

/**
 * pg writes arrays itself, but slowly, since it escapes every element. JSON writes arrays of numbers
 * as Postgres reads them, except for the brackets.
 */
function toParameter([, type, field]: (typeof COLUMNS)[number], samples: readonly ScoredSample[]) {
  const values = samples.map((sample) => sample[field]);
  if (type === 'text' || type === 'uuid') return values;
  return `{${JSON.stringify(type === 'real' ? values.map(round) : values).slice(1, -1)}}`;
}

/** Inserts samples, and returns those that were not in the table yet, in the given order. */
export async function insertSamples(
  db: Queries,
  samples: readonly ScoredSample[],
): Promise<ScoredSample[]> {
  const parameters = COLUMNS.map((column) => toParameter(column, samples));
  const rows = await db.rows<{ key: string }>(INSERT, parameters);
  const inserted = new Set(rows.map(({ key }) => key));
  // Of two samples with the same key, only the first was inserted.
  return samples.filter(({ arrivedAt, sequence }) => inserted.delete(`${arrivedAt}-${sequence}`));
}
