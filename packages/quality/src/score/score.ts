import type { ReportedSample } from '../report/redis-stream.ts';
import { computeScore, type Score } from './level.ts';
import type { RoundTrips } from './round-trips.ts';

/** A row of `call_quality_metrics`, with the reporting device, which is not stored. */
export type ScoredSample = ReportedSample & Score;

export function scoreSample(sample: ReportedSample, roundTrips: RoundTrips): ScoredSample {
  const score = computeScore({
    roundTripMs: sample.roundTripMs,
    otherRoundTripMs: roundTrips.record(sample),
    jitterMs: sample.jitterMs,
    lossPercent: sample.packetLossPercent,
    fps: sample.fps ?? null,
    height: sample.height ?? null,
    freezeCount: sample.freezeCount ?? null,
  });
  return Object.assign(sample, score);
}
