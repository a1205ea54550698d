import type { QualityDirection } from '@ringline/contract';
import type { ReportedSample, SampleId } from '../report/redis-stream.ts';
import { computeScore, type Score } from './level.ts';
import type { RoundTrips } from './round-trips.ts';

/** A row of `call_quality_metrics`, with the reporting device, which is not stored. */
export interface ScoredSample extends SampleId, Score {
  callId: string;
  userId: string;
  /** null if the client named no device. */
  deviceId: string | null;
  direction: QualityDirection;
  /** By the client's clock, in ISO 8601. */
  measuredAt: string;
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
  /** The browser and its system. */
  device: string | null;
}

export function scoreSample(sample: ReportedSample, roundTrips: RoundTrips): ScoredSample {
  const { fps = null, height = null, freezeCount = null } = sample;
  const score = computeScore({
    roundTripMs: sample.roundTripMs,
    otherRoundTripMs: roundTrips.record(sample),
    jitterMs: sample.jitterMs,
    lossPercent: sample.packetLossPercent,
    fps,
    height,
    freezeCount,
  });
  return {
    arrivedAt: sample.arrivedAt,
    sequence: sample.sequence,
    callId: sample.callId,
    userId: sample.userId,
    deviceId: sample.deviceId ?? null,
    direction: sample.direction,
    measuredAt: sample.at,
    jitterMs: sample.jitterMs,
    packetLossPercent: sample.packetLossPercent,
    roundTripMs: sample.roundTripMs,
    bandwidthKbps: sample.bandwidthKbps ?? null,
    audioLevel: sample.audioLevel ?? null,
    fps,
    width: sample.width ?? null,
    height,
    codec: sample.codec ?? null,
    freezeCount,
    device: sample.device ?? null,
    ...score,
  };
}
