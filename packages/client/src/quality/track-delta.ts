import type { QualityDirection } from '@ringline/contract';
import type { Stat, TrackStats } from '../media/room.ts';

/** A camera's video over an interval. */
export interface VideoDelta {
  fps: number;
  width: number | null;
  height: number | null;
  /** Null for sent video: only the receiver knows. */
  freezeCount: number | null;
}

/** What one track transferred over an interval. */
export interface TrackDelta {
  packets: number;
  /** By the receiver's count. */
  lost: number;
  /**
   * False where packets were sent, and the receiver, which has reported before, has not reported
   * since.
   */
  isReported: boolean;
  bytes: number;
  seconds: number;
  /**
   * Of audio only: the packets of one video frame come in a burst, and say little about the
   * network.
   */
  jitterMs: number | null;
  audioLevel: number | null;
  /** Null where no frames were expected, and for screens. */
  video: VideoDelta | null;
  codec: string | null;
}

type Known = ReadonlyMap<string, Stat>;

export function byId(stats: Iterable<Stat>): Known {
  return new Map([...stats].map((stat) => [stat.id, stat]));
}

function getNumber(stat: Stat | undefined, name: string): number | null {
  const value = stat?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** How much a counter has grown; 0 for a new counter, and for one that was reset. */
export function getGrowth(before: Known, stat: Stat, name: string): number {
  const [was, is] = [getNumber(before.get(stat.id), name), getNumber(stat, name)];
  return was === null || is === null ? 0 : Math.max(0, is - was);
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function selectType(stats: readonly Stat[], type: string): Stat[] {
  return stats.filter((stat) => stat.type === type);
}

/** The standard's names for the same values in both directions. */
const NAMES = {
  send: {
    rtp: 'outbound-rtp',
    reports: 'remote-inbound-rtp',
    audio: 'media-source',
    packets: 'packetsSent',
    bytes: 'bytesSent',
    frames: 'framesEncoded',
  },
  receive: {
    rtp: 'inbound-rtp',
    reports: 'inbound-rtp',
    audio: 'inbound-rtp',
    packets: 'packetsReceived',
    bytes: 'bytesReceived',
    frames: 'framesDecoded',
  },
} as const;

/** The largest layer that was sent. A layer that is switched off says nothing about the network. */
function measureVideo(
  direction: QualityDirection,
  layers: readonly Stat[],
  before: Known,
  seconds: number,
): VideoDelta | null {
  const frames = (layer: Stat) => getGrowth(before, layer, NAMES[direction].frames);
  const height = (layer: Stat) => getNumber(layer, 'frameHeight') ?? 0;
  const expected = layers.filter((layer) => layer.active !== false);
  const [largest] = [...expected].sort(
    (a, b) => Number(frames(b) > 0) - Number(frames(a) > 0) || height(b) - height(a),
  );
  if (largest === undefined) return null;
  return {
    fps: Math.max(...expected.map(frames)) / seconds,
    width: getNumber(largest, 'frameWidth'),
    height: getNumber(largest, 'frameHeight'),
    freezeCount: direction === 'send' ? null : getGrowth(before, largest, 'freezeCount'),
  };
}

/** The root mean square, 0..1. */
function measureAudioLevel(before: Known, stat: Stat | undefined): number | null {
  const seconds = stat === undefined ? 0 : getGrowth(before, stat, 'totalSamplesDuration');
  if (stat === undefined || seconds === 0) return null;
  return Math.min(1, Math.sqrt(getGrowth(before, stat, 'totalAudioEnergy') / seconds));
}

function findCodec(stats: readonly Stat[], rtp: Stat | undefined): string | null {
  const codec = stats.find(({ id }) => id === rtp?.codecId)?.mimeType;
  return typeof codec === 'string' ? codec : null;
}

function isNewer(known: Known) {
  return (stat: Stat) => stat.timestamp > (known.get(stat.id)?.timestamp ?? 0);
}

/** What a track transferred between two readings; null where they have no stream in common. */
export function measureTrack(
  direction: QualityDirection,
  before: TrackStats,
  now: TrackStats,
): TrackDelta | null {
  const names = NAMES[direction];
  const known = byId(before.stats);
  const streams = selectType(now.stats, names.rtp).filter(({ id }) => known.has(id));
  const [first] = streams;
  const since = first && known.get(first.id)?.timestamp;
  if (first === undefined || since === undefined || first.timestamp <= since) return null;
  const seconds = (first.timestamp - since) / 1000;
  const reports = selectType(now.stats, names.reports);
  const isAudio = now.kind === 'audio';
  const isCamera = now.kind === 'camera' && before.shown && now.shown;
  const total = (stats: readonly Stat[], name: string) =>
    sum(stats.map((stat) => getGrowth(known, stat, name)));
  const packets = total(streams, names.packets);
  return {
    packets,
    lost: total(reports, 'packetsLost'),
    isReported: packets === 0 || reports.length === 0 || reports.some(isNewer(known)),
    bytes: total(streams, names.bytes),
    seconds,
    jitterMs: isAudio ? (getNumber(reports[0], 'jitter') ?? 0) * 1000 : null,
    audioLevel: isAudio ? measureAudioLevel(known, selectType(now.stats, names.audio)[0]) : null,
    video: isCamera ? measureVideo(direction, streams, known, seconds) : null,
    codec: findCodec(now.stats, first),
  };
}
