import type { QualityDirection } from '@ringline/contract';
import type { Instant, QualityLevel } from '@ringline/domain';
import type { Queries } from '../database.ts';
import { binaryArray, kinds } from './binary-array.ts';

/**
 * One row of `call_quality_metrics`, and the device, which is not kept. `arrivedAt` and `sequence` are its id: the table
 * keeps one of each.
 */
export interface ScoredSample {
  arrivedAt: Instant;
  sequence: number;
  callId: string;
  userId: string;
  /** The device that reported it; null where none was named. */
  deviceId: string | null;
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

type FieldOf<Value> = {
  [Field in keyof ScoredSample]: ScoredSample[Field] extends Value | null ? Field : never;
}[keyof ScoredSample];

interface Column {
  name: string;
  type: keyof typeof kinds;
  array: (samples: readonly ScoredSample[]) => Buffer;
}

function numbers(
  name: string,
  type: 'timestamptz' | 'bigint' | 'integer' | 'real',
  field: FieldOf<number>,
): Column {
  return {
    name,
    type,
    array: (samples) =>
      binaryArray(
        kinds[type],
        samples.map((sample) => sample[field]),
      ),
  };
}

function texts(name: string, type: 'uuid' | 'text', field: FieldOf<string>): Column {
  return {
    name,
    type,
    array: (samples) =>
      binaryArray(
        kinds[type],
        samples.map((sample) => sample[field]),
      ),
  };
}

const KEY = [
  numbers('arrived_at', 'timestamptz', 'arrivedAt'),
  numbers('sequence', 'bigint', 'sequence'),
];

const COLUMNS = [
  ...KEY,
  texts('call_id', 'uuid', 'callId'),
  texts('user_id', 'text', 'userId'),
  texts('direction', 'text', 'direction'),
  numbers('measured_at', 'timestamptz', 'measuredAt'),
  numbers('jitter_ms', 'real', 'jitterMs'),
  numbers('packet_loss_percent', 'real', 'packetLossPercent'),
  numbers('round_trip_ms', 'real', 'roundTripMs'),
  numbers('bandwidth_kbps', 'real', 'bandwidthKbps'),
  numbers('audio_level', 'real', 'audioLevel'),
  numbers('fps', 'real', 'fps'),
  numbers('width', 'integer', 'width'),
  numbers('height', 'integer', 'height'),
  texts('codec', 'text', 'codec'),
  numbers('freeze_count', 'integer', 'freezeCount'),
  texts('device', 'text', 'device'),
  numbers('r', 'real', 'r'),
  numbers('mos', 'real', 'mos'),
  texts('level', 'text', 'level'),
];

function namesOf(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ');
}
/**
 * The arrays as rows. They are unnested where things are selected, since in FROM Postgres first puts each array aside as
 * a table of its own, and storing samples costs it a third more.
 */
function unnest(columns: readonly Column[]): string {
  return `SELECT ${columns.map(({ name, type }, index) => `unnest($${index + 1}::${type}[]) AS ${name}`).join(', ')}`;
}
function arraysOf(columns: readonly Column[], samples: readonly ScoredSample[]): Buffer[] {
  return columns.map(({ array }) => array(samples));
}

const INSERT = `INSERT INTO call_quality_metrics (${namesOf(COLUMNS)}) ${unnest(COLUMNS)}`;
const INSERT_NEW = `${INSERT} ON CONFLICT (${namesOf(KEY)}) DO NOTHING
  RETURNING (extract(epoch FROM arrived_at) * 1000)::bigint || '-' || sequence AS key`;

function keyOf({ arrivedAt, sequence }: ScoredSample): string {
  return `${arrivedAt}-${sequence}`;
}

/** Inserts samples of which none is there yet; fails where one is, and inserts none then. */
export async function insertSamples(
  db: Queries,
  samples: readonly ScoredSample[],
): Promise<readonly ScoredSample[]> {
  await db.run(INSERT, arraysOf(COLUMNS, samples));
  return samples;
}

/** Inserts those that are not there yet, and returns them in the order in which they were given. */
export async function insertNewSamples(
  db: Queries,
  samples: readonly ScoredSample[],
): Promise<readonly ScoredSample[]> {
  const rows = await db.rows<{ key: string }>(INSERT_NEW, arraysOf(COLUMNS, samples));
  const written = new Set(rows.map(({ key }) => key));
  // Of two with one key, the database kept one.
  return samples.filter((sample) => written.delete(keyOf(sample)));
}
