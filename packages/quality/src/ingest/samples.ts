import type { Queries, TransactionQueries } from '@ringline/store';
import { statement, toIso } from '@ringline/store/sql';
import type { ScoredSample } from '../score/score.ts';

/** In the order of `toLine`. */
const COPY = `COPY call_quality_metrics (
  arrived_at, sequence, call_id, user_id, direction, measured_at, jitter_ms, packet_loss_percent,
  round_trip_ms, bandwidth_kbps, audio_level, fps, width, height, codec, freeze_count, device, r, mos, level
) FROM STDIN`;

const ESCAPES = new Map([
  ['\\', '\\\\'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
]);

function escapeText(text: string | null): string | null {
  return text?.replace(/[\\\t\n\r]/g, (character) => ESCAPES.get(character) ?? character) ?? null;
}

/** One row in the text format of COPY. */
function toLine(sample: ScoredSample): string {
  const values = [
    ...[toIso(sample.arrivedAt), sample.sequence, sample.callId, escapeText(sample.userId)],
    ...[sample.direction, toIso(sample.measuredAt), sample.jitterMs, sample.packetLossPercent],
    ...[sample.roundTripMs, sample.bandwidthKbps, sample.audioLevel, sample.fps],
    ...[sample.width, sample.height, escapeText(sample.codec), sample.freezeCount],
    ...[escapeText(sample.device), sample.r, sample.mos, sample.level],
  ];
  return `${values.map((value) => value ?? '\\N').join('\t')}\n`;
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
