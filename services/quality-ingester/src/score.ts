import { scoreOf } from '@ringline/domain';
import { sampleOfEntry } from '@ringline/engine';
import type { ScoredSample } from '@ringline/store';
import type { Entry } from './consumer.ts';
import type { RoundTrips } from './round-trips.ts';

/** An entry of the stream as a row; null for one that is no sample. */
export function scoredSampleOf([id, fields]: Entry, roundTrips: RoundTrips): ScoredSample | null {
  const sample = sampleOfEntry(id, fields);
  if (sample === null) return null;
  const {
    arrivedAt,
    sequence,
    at,
    packetLossPercent,
    fps = null,
    height = null,
    freezeCount = null,
  } = sample;
  const { r, mos, level } = scoreOf({
    roundTripMs: sample.roundTripMs,
    otherRoundTripMs: roundTrips.note(sample, arrivedAt),
    jitterMs: sample.jitterMs,
    lossPercent: packetLossPercent,
    fps,
    height,
    freezeCount,
  });
  return {
    arrivedAt,
    sequence,
    callId: sample.callId,
    userId: sample.userId,
    deviceId: sample.deviceId ?? null,
    direction: sample.direction,
    measuredAt: Date.parse(at),
    jitterMs: sample.jitterMs,
    packetLossPercent,
    roundTripMs: sample.roundTripMs,
    bandwidthKbps: sample.bandwidthKbps ?? null,
    audioLevel: sample.audioLevel ?? null,
    fps,
    width: sample.width ?? null,
    height,
    codec: sample.codec ?? null,
    freezeCount,
    device: sample.device ?? null,
    r,
    mos,
    level,
  };
}
