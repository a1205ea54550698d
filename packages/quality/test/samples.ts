import { type QualityLevel, qualityLevels } from '@ringline/contract';
import type { Instant } from '@ringline/domain';
import type { ScoredSample } from '@ringline/quality';
import * as fc from 'fast-check';

export interface GivenSample extends Partial<Omit<ScoredSample, 'at'>> {
  callId: string;
  measuredAt?: Instant;
}

/** A sample of a flawless stream, except as given. */
export function createSample({
  arrivedAt = Date.now(),
  measuredAt = arrivedAt,
  ...given
}: GivenSample): ScoredSample {
  return {
    arrivedAt,
    sequence: 0,
    userId: 'ann',
    deviceId: null,
    direction: 'receive',
    at: new Date(measuredAt).toISOString(),
    jitterMs: 1.5,
    packetLossPercent: 0,
    roundTripMs: 40,
    r: 93.2,
    mos: 4.41,
    level: 'excellent',
    ...given,
  };
}

/** One sample every five seconds with each of these levels, from `from` on. */
export function createSamples(
  given: GivenSample,
  levels: readonly QualityLevel[],
  from = Date.now() - levels.length * 5000,
): ScoredSample[] {
  return levels.map((level, index) => {
    const at = from + index * 5000;
    return createSample({ ...given, level, arrivedAt: at, measuredAt: at });
  });
}

/** Any measurements of one stream. */
export const anyMeasured = fc.array(
  fc.record({
    measuredAt: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
    mos: fc.integer({ min: 100, max: 450 }).map((hundredths) => hundredths / 100),
    level: fc.constantFrom(...qualityLevels),
  }),
  { minLength: 1, maxLength: 40 },
);
