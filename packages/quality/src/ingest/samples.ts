import type { Queries, TransactionQueries } from '@ringline/store';
import { statement, toIso } from '@ringline/store/sql';
import type { ScoredSample } from '../score/score.ts';

type Value = string | number | null;

const COLUMNS: readonly (readonly [name: string, read: (sample: ScoredSample) => Value])[] = [
  ['arrived_at', ({ arrivedAt }) => toIso(arrivedAt)],
  ['sequence', ({ sequence }) => sequence],
  ['call_id', ({ callId }) => callId],
  ['user_id', ({ userId }) => userId],
  ['direction', ({ direction }) => direction],
  ['measured_at', ({ measuredAt }) => toIso(measuredAt)],
  ['jitter_ms', ({ jitterMs }) => jitterMs],
  ['packet_loss_percent', ({ packetLossPercent }) => packetLossPercent],
  ['round_trip_ms', ({ roundTripMs }) => roundTripMs],
  ['bandwidth_kbps', ({ bandwidthKbps }) => bandwidthKbps],
  ['audio_level', ({ audioLevel }) => audioLevel],
  ['fps', ({ fps }) => fps],
  ['width', ({ width }) => width],
  ['height', ({ height }) => height],
  ['codec', ({ codec }) => codec],
  ['freeze_count', ({ freezeCount }) => freezeCount],
  ['device', ({ device }) => device],
  ['r', ({ r }) => r],
  ['mos', ({ mos }) => mos],
  ['level', ({ level }) => level],
];

const COPY = `COPY call_quality_metrics (${COLUMNS.map(([name]) => name).join(', ')}) FROM STDIN`;

const ESCAPES = new Map([
  ['\\', '\\\\'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
]);

/** As the text format of COPY writes a value. */
function toField(value: Value): string {
  if (value === null) return '\\N';
  return typeof value === 'number'
    ? String(value)
    : value.replace(/[\\\t\n\r]/g, (character) => ESCAPES.get(character) ?? character);
}

function toLine(sample: ScoredSample): string {
  return `${COLUMNS.map(([, read]) => toField(read(sample))).join('\t')}\n`;
}

/** Stores samples. Fails, and stores none, if one of them is in the table already. */
export async function copySamples(
  tx: TransactionQueries,
  samples: readonly ScoredSample[],
): Promise<void> {
  if (samples.length > 0) await tx.copy(COPY, samples.map(toLine).join(''));
}

const FIND_STORED = statement(
  'find_stored_samples',
  `SELECT (extract(epoch FROM arrived_at) * 1000)::bigint || '-' || sequence AS key
   FROM call_quality_metrics JOIN unnest($1::timestamptz[], $2::bigint[]) AS wanted (arrived_at, sequence)
   USING (arrived_at, sequence)`,
);

/** The samples that are not in the table, one of each key, in the given order. */
export async function dropStored(
  db: Queries,
  samples: readonly ScoredSample[],
): Promise<ScoredSample[]> {
  const rows = await db.rows<{ key: string }>(FIND_STORED, [
    samples.map(({ arrivedAt }) => toIso(arrivedAt)),
    samples.map(({ sequence }) => sequence),
  ]);
  const known = new Set(rows.map(({ key }) => key));
  return samples.filter(({ arrivedAt, sequence }) => {
    const key = `${arrivedAt}-${sequence}`;
    const isNew = !known.has(key);
    known.add(key);
    return isNew;
  });
}
