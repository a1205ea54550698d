import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { QualitySummary } from '@ringline/contract';
import { qualityLevels } from '@ringline/domain';
import type { ScoredSample } from '@ringline/store';
import * as fc from 'fast-check';
import { command, connectedCall, person } from './decisions.ts';
import { anyMeasured, course, sampleOf } from './samples.ts';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
let ann: string;
let bob: string;
let callId: string;
beforeAll(async () => {
  trial = await tryStore();
});
afterAll(() => trial.stop());
beforeEach(async () => {
  const suffix = randomUUID().slice(0, 8);
  [ann, bob] = [`ann-${suffix}`, `bob-${suffix}`];
  callId = await connectedCall(trial.store, ann, bob);
});

const ALWAYS = 0;
function ingest(samples: ScoredSample[], since = ALWAYS) {
  return trial.store.quality.ingest(samples, since);
}
function of() {
  return trial.store.quality.of(callId);
}
function end() {
  return command(trial.store, callId, { name: 'end', person: person(ann) });
}
async function summariseAll() {
  while ((await trial.store.quality.summarise(1)) > 0);
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

/** The definition, as one would write it down, without a thought for how long it takes. */
function naive(samples: readonly ScoredSample[]): QualitySummary {
  const inOrder = samples.toSorted(
    (a, b) => a.measuredAt - b.measuredAt || a.arrivedAt - b.arrivedAt,
  );
  const first = inOrder[0]?.measuredAt ?? 0;
  const moses = samples.map(({ mos }) => mos).sort((a, b) => a - b);
  const middle = [Math.floor((moses.length - 1) / 2), Math.ceil((moses.length - 1) / 2)];
  const windows = Map.groupBy(inOrder, ({ measuredAt }) => Math.floor((measuredAt - first) / 5000));
  const worst = [...windows]
    .map(([window, inIt]) => ({ at: first + window * 5000, mos: mean(inIt.map(({ mos }) => mos)) }))
    .toSorted((a, b) => a.mos - b.mos || a.at - b.at)[0];
  const seconds = inOrder.map(({ measuredAt }, index) => {
    const before = inOrder[index - 1];
    return before === undefined ? 5 : Math.min((measuredAt - before.measuredAt) / 1000, 5);
  });
  const total = seconds.reduce((sum, one) => sum + one, 0);
  const shareOf = (level: string) =>
    inOrder.reduce(
      (sum, one, index) => sum + (one.level === level ? (seconds[index] ?? 0) : 0),
      0,
    ) / total;
  return {
    samples: samples.length,
    minimumMos: moses[0] ?? 0,
    medianMos: mean(middle.map((index) => moses[index] ?? 0)),
    worstFiveSeconds: { at: new Date(worst?.at ?? 0).toISOString(), mos: worst?.mos ?? 0 },
    levels: Object.fromEntries(
      qualityLevels.map((level) => [level, shareOf(level)]),
    ) as QualitySummary['levels'],
  };
}

function expectSummary(found: QualitySummary | null | undefined, wanted: QualitySummary): void {
  const close = (number: number) => expect.closeTo(number, 4);
  expect(found).toEqual({
    samples: wanted.samples,
    minimumMos: close(wanted.minimumMos),
    medianMos: close(wanted.medianMos),
    worstFiveSeconds: { at: expect.any(String), mos: close(wanted.worstFiveSeconds.mos) },
    levels: {
      excellent: close(wanted.levels.excellent),
      good: close(wanted.levels.good),
      fair: close(wanted.levels.fair),
      poor: close(wanted.levels.poor),
    },
  });
}

describe('a summary', () => {
  it('is what one works out by hand', async () => {
    const from = Date.UTC(2026, 0, 10, 12);
    const levels = ['excellent', 'excellent', 'good', 'poor'] as const;
    const scores = [4.4, 4.2, 3.8, 2];
    const samples = course({ callId, userId: ann }, levels, from).map((sample, index) => ({
      ...sample,
      mos: scores[index] ?? 1,
    }));
    await ingest(samples);
    expect(await of()).toEqual([
      {
        userId: ann,
        send: null,
        receive: {
          samples: 4,
          minimumMos: 2,
          medianMos: 4,
          worstFiveSeconds: { at: '2026-01-10T12:00:15.000Z', mos: 2 },
          levels: { excellent: 0.5, good: 0.25, fair: 0, poor: 0.25 },
        },
        rating: null,
      },
    ]);
  });

  it('is what the naive way comes to, whatever was measured when', async () => {
    let arrivedAt = Date.UTC(2026, 0, 11);
    await fc.assert(
      fc.asyncProperty(anyMeasured, async (measured) => {
        callId = randomUUID();
        arrivedAt += 1;
        const samples = measured.map((one, sequence) =>
          sampleOf({ callId, userId: ann, arrivedAt, sequence, ...one }),
        );
        await ingest(samples);
        const [found] = await of();
        expectSummary(found?.receive, naive(samples));
      }),
      { numRuns: 40 },
    );
  });

  it('is of each participant and each direction', async () => {
    const line = { callId, userId: ann };
    await ingest([
      sampleOf({ ...line, direction: 'send', mos: 2 }),
      sampleOf({ ...line, sequence: 1, mos: 3 }),
      sampleOf({ callId, userId: bob, sequence: 2, mos: 4 }),
    ]);
    expect(await of()).toMatchObject([
      { userId: ann, send: { minimumMos: 2 }, receive: { minimumMos: 3 } },
      { userId: bob, send: null, receive: { minimumMos: 4 } },
    ]);
  });

  it('reads the same when it is kept and the samples are long forgotten', async () => {
    await ingest(course({ callId, userId: ann }, ['good', 'poor', 'fair']));
    const running = await of();
    await end();
    await summariseAll();
    await trial.pass(301_000);
    expect(await of()).toEqual(running);
    await summariseAll();
    await trial.query('DELETE FROM call_quality_metrics');
    expect(await of()).toEqual(running);
    expect(
      await trial.query('SELECT * FROM call_quality_trends WHERE call_id = $1', [callId]),
    ).toEqual([]);
  });

  it('is made anew for samples that come after it was kept', async () => {
    await ingest([sampleOf({ callId, userId: ann, mos: 4 })]);
    await end();
    await trial.pass(301_000);
    await summariseAll();
    // They waited in the stream for as long.
    const late = sampleOf({ callId, userId: ann, sequence: 1, mos: 1.5 });
    await ingest([late], late.arrivedAt + 1);
    expect(await of()).toMatchObject([{ receive: { samples: 2, minimumMos: 1.5 } }]);
    await summariseAll();
    await trial.query('DELETE FROM call_quality_metrics');
    expect(await of()).toMatchObject([{ receive: { samples: 2, minimumMos: 1.5 } }]);
  });

  it('goes with its call, and lines of calls that are gone leave nothing', async () => {
    await ingest([sampleOf({ callId, userId: ann })]);
    await trial.store.quality.rate({ callId, userId: ann, stars: 5, comment: null }, null);
    await end();
    await trial.pass(301_000);
    await summariseAll();
    await ingest([sampleOf({ callId, userId: ann, sequence: 1 })]);
    await trial.query('DELETE FROM calls WHERE id = $1', [callId]);
    await summariseAll();
    const left = await trial.query(
      `SELECT (SELECT count(*)::int FROM call_quality_summaries WHERE call_id = $1) AS summaries,
         (SELECT count(*)::int FROM call_quality_trends WHERE call_id = $1) AS trends,
         (SELECT count(*)::int FROM call_ratings WHERE call_id = $1) AS ratings`,
      [callId],
    );
    expect(left).toEqual([{ summaries: 0, trends: 0, ratings: 0 }]);
  });
});

describe('a rating', () => {
  const rate = (stars: number, key: string | null = null) =>
    trial.store.quality.rate(
      { callId, userId: ann, stars, comment: key },
      key === null ? null : { userId: ann, key, fingerprint: 'same', status: 200 },
    );

  it('is replaced by the next one of the same user', async () => {
    await rate(5);
    expect(await rate(2)).toMatchObject({ stars: 2, comment: null });
    expect(await of()).toMatchObject([
      { userId: ann, send: null, receive: null, rating: { stars: 2 } },
    ]);
  });

  it('is not written again by a repeated request', async () => {
    await rate(5, `a-${ann}`);
    await rate(1);
    expect(await rate(5, `a-${ann}`)).toBeNull();
    expect((await trial.store.quality.ratingsOf(callId)).get(ann)).toMatchObject({ stars: 1 });
  });

  it('is one of 1 to 5 stars, whatever anybody writes', async () => {
    await expect(rate(6)).rejects.toMatchObject({ constraint: 'call_ratings_stars_check' });
  });
});

describe('where somebody stands', () => {
  const standing = (userId: string) => trial.store.quality.findParticipation(callId, userId);

  it('is in it, just left, or long gone', async () => {
    expect(await standing(ann)).toEqual({
      isInCall: true,
      wasInCall: true,
      justLeft: false,
      callIsOver: false,
      now: expect.any(Number),
    });
    await end();
    expect(await standing(bob)).toEqual({
      isInCall: false,
      wasInCall: true,
      justLeft: true,
      callIsOver: true,
      now: expect.any(Number),
    });
    await trial.pass(61_000);
    expect(await standing(bob)).toEqual({
      isInCall: false,
      wasInCall: true,
      justLeft: false,
      callIsOver: true,
      now: expect.any(Number),
    });
  });

  it('is nowhere for a stranger', async () => {
    expect(await standing('stranger')).toBeNull();
  });
});
