import { describe, expect, it, test } from '@jest/globals';
import {
  CODEC_DELAY_MS,
  delayImpairment,
  lossImpairment,
  mosOf,
  oneWayDelayMs,
  R_DEFAULT,
  ratingOf,
} from '@ringline/domain';
import * as fc from 'fast-check';

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
    expect(Math.abs(mosOf(r) - mos)).toBeLessThan(0.007);
  });

  it('is 1 at the least and 4.5 at the most', () => {
    expect([-5, 0, 3, 6.5].map((r) => mosOf(r))).toEqual([1, 1, 1, expect.closeTo(1, 3)]);
    expect([100, 120].map((r) => mosOf(r))).toEqual([4.5, 4.5]);
  });

  it('never falls as R rises', () => {
    const rating = fc.double({ min: -10, max: 110, noNaN: true });
    fc.assert(
      fc.property(rating, rating, (a, b) => mosOf(Math.min(a, b)) <= mosOf(Math.max(a, b))),
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

  it('leaves R at 69 after the 400 ms that G.114 calls the limit of network planning', () => {
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

  it('is half of both round trips long, and the codec, and twice the jitter', () => {
    expect(oneWayDelayMs(clean)).toBe(50 + CODEC_DELAY_MS);
    expect(oneWayDelayMs({ ...clean, jitterMs: 10 })).toBe(70 + CODEC_DELAY_MS);
  });

  it('is taken to be as far on the other side, where that is not known', () => {
    expect(oneWayDelayMs({ ...clean, otherRoundTripMs: null })).toBe(40 + CODEC_DELAY_MS);
  });

  it('has all of R where it is short and clean', () => {
    expect(ratingOf(clean)).toBe(R_DEFAULT);
  });

  const path = fc.record({
    roundTripMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
    otherRoundTripMs: fc.option(fc.double({ min: 0, max: 60_000, noNaN: true })),
    jitterMs: fc.double({ min: 0, max: 10_000, noNaN: true }),
    lossPercent: fc.double({ min: 0, max: 100, noNaN: true }),
  });

  it('is rated from 0 to 93.2, whatever is measured', () => {
    fc.assert(
      fc.property(path, (one) => {
        const r = ratingOf(one);
        expect(r).toBeGreaterThanOrEqual(0);
        expect(r).toBeLessThanOrEqual(R_DEFAULT);
      }),
    );
  });

  test.each(['roundTripMs', 'jitterMs', 'lossPercent'] as const)(
    'is never rated better for more %s',
    (what) => {
      const more = fc.double({ min: 0, max: 100, noNaN: true });
      fc.assert(
        fc.property(path, more, (one, by) => {
          const worse = { ...one, [what]: one[what] + by };
          expect(ratingOf(worse)).toBeLessThanOrEqual(ratingOf(one) + 1e-9);
        }),
      );
    },
  );
});
