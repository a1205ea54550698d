import type { QualityDirection, QualitySample } from '@ringline/contract';
import type { LineStats, TrackStats } from '../media/room.ts';
import { byId, type Flow, flowOf, grown, type Picture, sum } from './track-delta.ts';

/** What statistics alone say of a line. */
export type Measurement = Omit<QualitySample, 'at' | 'direction' | 'device'>;

function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

/** The kinds of entries that count round trips, by the name of their counter. */
const ROUND_TRIPS: ReadonlyMap<string, string> = new Map([
  ['candidate-pair', 'responsesReceived'],
  ['remote-inbound-rtp', 'roundTripTimeMeasurements'],
]);

/**
 * The mean round trip to LiveKit over the interval, in milliseconds, of whatever measured it: the connection's own checks
 * and the receipts for what was sent. null where nothing came back, so that a dead line is not taken for a quick one.
 */
function roundTripOf(before: LineStats, now: LineStats): number | null {
  let [seconds, count] = [0, 0];
  for (const direction of ['send', 'receive'] as const) {
    // Every track of a connection names the same pair of addresses. Two connections may use the same ids.
    const known = byId(before[direction].flatMap(({ stats }) => stats));
    for (const stat of byId(now[direction].flatMap(({ stats }) => stats)).values()) {
      const counter = ROUND_TRIPS.get(stat.type);
      if (counter === undefined) continue;
      count += grown(known, stat, counter);
      seconds += grown(known, stat, 'totalRoundTripTime');
    }
  }
  return count === 0 ? null : (seconds / count) * 1000;
}

function flowsOf(
  direction: QualityDirection,
  before: readonly TrackStats[],
  now: readonly TrackStats[],
): Flow[] {
  return now.flatMap((track) => {
    const was = before.find(({ id }) => id === track.id);
    return (was && flowOf(direction, was, track)) ?? [];
  });
}

function lossOf(direction: QualityDirection, flows: readonly Flow[]): number {
  const lost = sum(flows.map((flow) => flow.lost));
  const packets = sum(flows.map((flow) => flow.packets));
  // The other end's receipts come at their own times, so that it may count more of them than were sent meanwhile.
  const all = Math.max(lost, direction === 'send' ? packets : packets + lost);
  return all === 0 ? 0 : (lost / all) * 100;
}

/** The better one of two in the middle: that somebody else sends badly does not make one's own line bad. */
function typicalPicture(pictures: readonly Picture[]): Picture | undefined {
  return [...pictures].sort((a, b) => b.fps - a.fps)[Math.floor((pictures.length - 1) / 2)];
}
function typicalJitter(jitters: readonly number[]): number {
  return [...jitters].sort((a, b) => a - b)[Math.floor((jitters.length - 1) / 2)] ?? 0;
}

function present<Value>(values: readonly (Value | null)[]): Value[] {
  return values.filter((value) => value !== null);
}

function pictureFields(picture: Picture | undefined): Partial<Measurement> {
  return {
    ...(picture && { fps: rounded(picture.fps) }),
    ...(picture && picture.width !== null && { width: picture.width }),
    ...(picture && picture.height !== null && { height: picture.height }),
    ...(picture && picture.freezeCount !== null && { freezeCount: picture.freezeCount }),
  };
}

/**
 * How the line was in one direction between two readings, over everything that it carried; null where that cannot be
 * told. A line that carries nothing is known by its round trip alone.
 */
export function measureLine(
  direction: QualityDirection,
  before: LineStats,
  now: LineStats,
): Measurement | null {
  const roundTripMs = roundTripOf(before, now);
  if (roundTripMs === null) return null;
  const flows = flowsOf(direction, before[direction], now[direction]);
  // Receipts are lost on a bad line: what nobody has judged is not known to be good.
  if (flows.length > 0 && flows.every(({ isJudged }) => !isJudged)) return null;
  const alive = flows.filter(({ packets }) => packets > 0);
  const jitters = present(alive.map(({ jitterMs }) => jitterMs));
  const levels = present(flows.map(({ audioLevel }) => audioLevel));
  const codec = (flows.find(({ picture }) => picture !== null) ?? flows[0])?.codec ?? null;
  return {
    jitterMs: rounded(typicalJitter(jitters)),
    packetLossPercent: rounded(lossOf(direction, flows), 2),
    roundTripMs: rounded(roundTripMs),
    bandwidthKbps: rounded(sum(flows.map(({ bytes, seconds }) => (bytes * 8) / 1000 / seconds))),
    ...(levels.length > 0 && { audioLevel: rounded(Math.max(...levels), 4) }),
    ...pictureFields(typicalPicture(present(flows.map(({ picture }) => picture)))),
    ...(codec !== null && { codec }),
  };
}
