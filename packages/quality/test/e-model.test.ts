import { describe, expect, it, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  CODEC_DELAY_MS,
  delayImpairment,
  estimateOneWayDelayMs,
  lossImpairment,
  R_DEFAULT,
  ratePath,
  toMos,
} from '#src/score/e-model.ts';

describe('the mean opinion score', () => {
  // ITU-T G.107, Annex B, table B.1 (which rounds 4.024 to 4.03), and the R of all defaults.
  test.each([
    [R_DEFAULT, 4.41],
    [90, 4.34],
    [80, 4.03],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
  ])('of R = %s is %s', (r, mos) => {
    expect(Math.abs(toMos(r) - mos)).toBeLessThan(0.007);
  });

  it('lies between 1 and 4.5', () => {
    expect([-5, 0, 3, 6.5].map((r) => toMos(r))).toEqual([1, 1, 1, expect.closeTo(1, 3)]);
    expect([100, 120].map((r) => toMos(r))).toEqual([4.5, 4.5]);
  });

  it('never falls as R rises', () => {
    const rating = fc.double({ min: -10, max: 110, noNaN: true });
    fc.assert(
      fc.property(rating, rating, (a, b) => toMos(Math.min(a, b)) <= toMos(Math.max(a, b))),
    );
  });
});

describe('the impairment by delay', () => {
  // Equations 7-27 and 7-28 worked out by hand, to two places.
  test.each([
    [0, 0],
    [100, 0],
    [150, 0.16],
    [200, 3.04],
    [300, 14.76],
    [400, 24.07],
  ])('of %s ms is %s', (oneWayMs, impairment) => {
    expect(delayImpairment(oneWayMs)).toBeCloseTo(impairment, 1);
  });

  it('leaves R = 69 at 400 ms, the limit for network planning in G.114', () => {
    expect(R_DEFAULT - delayImpairment(400)).toBeCloseTo(69.1, 0);
  });
});

describe('the impairment by loss', () => {
  // Equation 7-29 with Ie = 0, Bpl = 25.1: 95 * Ppl / (Ppl + 25.1).
  test.each([
    [0, 0],
    [1, 3.64],
    [5, 15.78],
    [10, 27.07],
    [20, 42.13],
    [100, 75.94],
  ])('of %s %% is %s', (lossPercent, impairment) => {
    expect(lossImpairment(lossPercent)).toBeCloseTo(impairment, 2);
  });
});

describe('a path', () => {
  const clean = { roundTripMs: 40, otherRoundTripMs: 60, jitterMs: 0, lossPercent: 0 };

  it('takes half of both round trips, the delay of the codec and twice the jitter', () => {
    expect(estimateOneWayDelayMs(clean)).toBe(50 + CODEC_DELAY_MS);
    expect(estimateOneWayDelayMs({ ...clean, jitterMs: 10 })).toBe(70 + CODEC_DELAY_MS);
  });

  it('counts an unknown other end as far away as the reporter', () => {
    expect(estimateOneWayDelayMs({ ...clean, otherRoundTripMs: null })).toBe(40 + CODEC_DELAY_MS);
  });

  it('has the default R if it is short and without loss', () => {
    expect(ratePath(clean)).toBe(R_DEFAULT);
  });

  const path = fc.record({
    roundTripMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
    otherRoundTripMs: fc.option(fc.double({ min: 0, max: 60_000, noNaN: true })),
    jitterMs: fc.double({ min: 0, max: 10_000, noNaN: true }),
    lossPercent: fc.double({ min: 0, max: 100, noNaN: true }),
  });

  it('is rated from 0 to 93.2 with any measurements', () => {
    fc.assert(
      fc.property(path, (one) => {
        const r = ratePath(one);
        expect(r).toBeGreaterThanOrEqual(0);
        expect(r).toBeLessThanOrEqual(R_DEFAULT);
      }),
    );
  });

  test.each(['roundTripMs', 'jitterMs', 'lossPercent'] as const)(
    'is never rated better with more %s',
    (what) => {
      const more = fc.double({ min: 0, max: 100, noNaN: true });
      fc.assert(
        fc.property(path, more, (one, by) => {
          const worse = { ...one, [what]: one[what] + by };
          expect(ratePath(worse)).toBeLessThanOrEqual(ratePath(one) + 1e-9);
        }),
      );
    },
  );
});
