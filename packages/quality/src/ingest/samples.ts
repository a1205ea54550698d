import type { Queries, TransactionQueries } from '@ringline/store';
import { statement, toIso } from '@ringline/store/sql';
import type { ScoredSample } from '../score/score.ts';

/** In the order of `toLine`. */
const COPY = `COPY call_quality_metrics (
  arrived_at, sequence, call_id, user_id, direction, measured_at, jitter_ms, packet_loss_percent,
  round_trip_ms, bandwidth_kbps, audio_level, fps, width, height, codec, freeze_count, device, r, mos, level
) FROM STDIN (FORMAT csv, ESCAPE '\\', NULL 'null')`;

/** JSON writes control characters as names that COPY does not know. */
function blankControls(text?: string): string | undefined {
  return text?.replace(/\p{Cc}/gu, ' ');
}

/**
 * One row for COPY. JSON quotes the items of an array just so, at half the cost of `join`, and
 * writes null for those that are missing.
 */
function toLine(sample: ScoredSample): string {
  // biome-ignore format: in the order of the columns
  const values = [
    toIso(sample.arrivedAt), sample.sequence, sample.callId, sample.userId,
    sample.direction, sample.at, sample.jitterMs, sample.packetLossPercent,
    sample.roundTripMs, sample.bandwidthKbps, sample.audioLevel, sample.fps, sample.width,
    sample.height, blankControls(sample.codec), sample.freezeCount, blankControls(sample.device),
    sample.r, sample.mos, sample.level,
  ];
  return `${JSON.stringify(values).slice(1, -1)}\n`;
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
