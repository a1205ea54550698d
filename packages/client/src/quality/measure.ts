import type { QualityDirection, QualitySample } from '@ringline/contract';
import type { MediaStats, TrackStats } from '../media/room.ts';
import {
  byId,
  getGrowth,
  measureTrack,
  sum,
  type TrackDelta,
  type VideoDelta,
} from './track-delta.ts';

/** The part of a sample that comes from statistics. */
export type Measurement = Omit<QualitySample, 'at' | 'direction' | 'device'>;

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

/** The types of entries that count round trips, with the names of their counters. */
const ROUND_TRIP_COUNTERS: ReadonlyMap<string, string> = new Map([
  ['candidate-pair', 'responsesReceived'],
  ['remote-inbound-rtp', 'roundTripTimeMeasurements'],
]);

/**
 * The mean round trip to LiveKit over the interval, in milliseconds, from the connection's checks
 * and the RTCP reports. Null where nothing came back, so that a dead connection does not count as a
 * fast one.
 */
function measureRoundTrip(before: MediaStats, now: MediaStats): number | null {
  let [seconds, count] = [0, 0];
  for (const direction of ['send', 'receive'] as const) {
    // All tracks of a connection share one candidate pair. Two connections may use the same ids.
    const known = byId(before[direction].flatMap(({ stats }) => stats));
    for (const stat of byId(now[direction].flatMap(({ stats }) => stats)).values()) {
      const counter = ROUND_TRIP_COUNTERS.get(stat.type);
      if (counter === undefined) continue;
      count += getGrowth(known, stat, counter);
      seconds += getGrowth(known, stat, 'totalRoundTripTime');
    }
  }
  return count === 0 ? null : (seconds / count) * 1000;
}

function measureTracks(
  direction: QualityDirection,
  before: readonly TrackStats[],
  now: readonly TrackStats[],
): TrackDelta[] {
  return now.flatMap((track) => {
    const was = before.find(({ id }) => id === track.id);
    return (was && measureTrack(direction, was, track)) ?? [];
  });
}

function computeLoss(direction: QualityDirection, deltas: readonly TrackDelta[]): number {
  const lost = sum(deltas.map((delta) => delta.lost));
  const packets = sum(deltas.map((delta) => delta.packets));
  // The other end reports at its own pace, so it may report more losses than packets were sent
  // meanwhile.
  const all = Math.max(lost, direction === 'send' ? packets : packets + lost);
  return all === 0 ? 0 : (lost / all) * 100;
}

/**
 * The median, or the better of two in the middle: one bad sender does not make the own downlink
 * bad.
 */
function typicalVideo(videos: readonly VideoDelta[]): VideoDelta | undefined {
  return [...videos].sort((a, b) => b.fps - a.fps)[Math.floor((videos.length - 1) / 2)];
}
function typicalJitter(jitters: readonly number[]): number {
  return [...jitters].sort((a, b) => a - b)[Math.floor((jitters.length - 1) / 2)] ?? 0;
}

function withoutNull<Value>(values: readonly (Value | null)[]): Value[] {
  return values.filter((value) => value !== null);
}

function toVideoFields(video: VideoDelta | undefined): Partial<Measurement> {
  return {
    ...(video && { fps: round(video.fps) }),
    ...(video && video.width !== null && { width: video.width }),
    ...(video && video.height !== null && { height: video.height }),
    ...(video && video.freezeCount !== null && { freezeCount: video.freezeCount }),
  };
}

/**
 * The quality of all streams in one direction between two readings; null where it is unknown.
 * Without packets, only the round trip is known.
 */
export function measureStreams(
  direction: QualityDirection,
  before: MediaStats,
  now: MediaStats,
): Measurement | null {
  const roundTripMs = measureRoundTrip(before, now);
  if (roundTripMs === null) return null;
  const deltas = measureTracks(direction, before[direction], now[direction]);
  // On a bad network the RTCP reports are lost as well: packets without a report may not have
  // arrived.
  if (deltas.length > 0 && deltas.every(({ isReported }) => !isReported)) return null;
  const alive = deltas.filter(({ packets }) => packets > 0);
  const jitters = withoutNull(alive.map(({ jitterMs }) => jitterMs));
  const levels = withoutNull(deltas.map(({ audioLevel }) => audioLevel));
  const codec = (deltas.find(({ video }) => video !== null) ?? deltas[0])?.codec ?? null;
  return {
    jitterMs: round(typicalJitter(jitters)),
    packetLossPercent: round(computeLoss(direction, deltas), 2),
    roundTripMs: round(roundTripMs),
    bandwidthKbps: round(sum(deltas.map(({ bytes, seconds }) => (bytes * 8) / 1000 / seconds))),
    ...(levels.length > 0 && { audioLevel: round(Math.max(...levels), 4) }),
    ...toVideoFields(typicalVideo(withoutNull(deltas.map(({ video }) => video)))),
    ...(codec !== null && { codec }),
  };
}
