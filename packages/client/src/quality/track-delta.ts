import type { QualityDirection } from '@ringline/contract';
import type { Stat, TrackStats } from '../media/room.ts';

/** A camera's picture, over an interval. */
export interface Picture {
  fps: number;
  width: number | null;
  height: number | null;
  /** null for what is sent: only who sees it can tell. */
  freezeCount: number | null;
}

/** What one track did over an interval; all counts are of the interval. */
export interface Flow {
  packets: number;
  /** As the receiving end counts. */
  lost: number;
  /** False where packets were sent and the other end, which did say before what it receives, has said nothing since. */
  isJudged: boolean;
  bytes: number;
  seconds: number;
  /** Of sound alone: the packets of one picture come in a burst, and say little of the line. */
  jitterMs: number | null;
  audioLevel: number | null;
  /** null where no frames were to be expected, and for screens. */
  picture: Picture | null;
  codec: string | null;
}

type Known = ReadonlyMap<string, Stat>;

export function byId(stats: Iterable<Stat>): Known {
  return new Map([...stats].map((stat) => [stat.id, stat]));
}

function numberIn(stat: Stat | undefined, name: string): number | null {
  const value = stat?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** By how much a counter has grown; 0 for one that was not there before, or that began anew. */
export function grown(before: Known, stat: Stat, name: string): number {
  const [was, is] = [numberIn(before.get(stat.id), name), numberIn(stat, name)];
  return was === null || is === null ? 0 : Math.max(0, is - was);
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function ofType(stats: readonly Stat[], type: string): Stat[] {
  return stats.filter((stat) => stat.type === type);
}

/** The names that the standard has for the same things on both ends. */
const NAMES = {
  send: {
    rtp: 'outbound-rtp',
    judged: 'remote-inbound-rtp',
    sound: 'media-source',
    packets: 'packetsSent',
    bytes: 'bytesSent',
    frames: 'framesEncoded',
  },
  receive: {
    rtp: 'inbound-rtp',
    judged: 'inbound-rtp',
    sound: 'inbound-rtp',
    packets: 'packetsReceived',
    bytes: 'bytesReceived',
    frames: 'framesDecoded',
  },
} as const;

/** Of the layers of a picture, the largest that was alive. One that is switched off says nothing of the line. */
function pictureOf(
  direction: QualityDirection,
  layers: readonly Stat[],
  before: Known,
  seconds: number,
): Picture | null {
  const frames = (layer: Stat) => grown(before, layer, NAMES[direction].frames);
  const height = (layer: Stat) => numberIn(layer, 'frameHeight') ?? 0;
  const expected = layers.filter((layer) => layer.active !== false);
  const [largest] = [...expected].sort(
    (a, b) => Number(frames(b) > 0) - Number(frames(a) > 0) || height(b) - height(a),
  );
  if (largest === undefined) return null;
  return {
    fps: Math.max(...expected.map(frames)) / seconds,
    width: numberIn(largest, 'frameWidth'),
    height: numberIn(largest, 'frameHeight'),
    freezeCount: direction === 'send' ? null : grown(before, largest, 'freezeCount'),
  };
}

/** The root of the mean square, 0..1. */
function audioLevelOf(before: Known, stat: Stat | undefined): number | null {
  const seconds = stat === undefined ? 0 : grown(before, stat, 'totalSamplesDuration');
  if (stat === undefined || seconds === 0) return null;
  return Math.min(1, Math.sqrt(grown(before, stat, 'totalAudioEnergy') / seconds));
}

function codecOf(stats: readonly Stat[], rtp: Stat | undefined): string | null {
  const codec = stats.find(({ id }) => id === rtp?.codecId)?.mimeType;
  return typeof codec === 'string' ? codec : null;
}

function isNewer(known: Known) {
  return (stat: Stat) => stat.timestamp > (known.get(stat.id)?.timestamp ?? 0);
}

/** What a track did between two readings; null where they have no stream in common. */
export function flowOf(
  direction: QualityDirection,
  before: TrackStats,
  now: TrackStats,
): Flow | null {
  const names = NAMES[direction];
  const known = byId(before.stats);
  const streams = ofType(now.stats, names.rtp).filter(({ id }) => known.has(id));
  const [first] = streams;
  const since = first && known.get(first.id)?.timestamp;
  if (first === undefined || since === undefined || first.timestamp <= since) return null;
  const seconds = (first.timestamp - since) / 1000;
  const judged = ofType(now.stats, names.judged);
  const isSound = now.kind === 'audio';
  const isPicture = now.kind === 'camera' && before.shown && now.shown;
  const total = (stats: readonly Stat[], name: string) =>
    sum(stats.map((stat) => grown(known, stat, name)));
  const packets = total(streams, names.packets);
  return {
    packets,
    lost: total(judged, 'packetsLost'),
    isJudged: packets === 0 || judged.length === 0 || judged.some(isNewer(known)),
    bytes: total(streams, names.bytes),
    seconds,
    jitterMs: isSound ? (numberIn(judged[0], 'jitter') ?? 0) * 1000 : null,
    audioLevel: isSound ? audioLevelOf(known, ofType(now.stats, names.sound)[0]) : null,
    picture: isPicture ? pictureOf(direction, streams, known, seconds) : null,
    codec: codecOf(now.stats, first),
  };
}
