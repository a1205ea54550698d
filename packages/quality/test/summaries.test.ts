import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type QualitySummary, qualityLevels } from '@ringline/contract';
import type { ScoredSample } from '@ringline/quality';
import * as fc from 'fast-check';
import { anyMeasured, createSample, createSamples } from './samples.ts';
import { createStage, type Stage } from './stage.ts';

let stage: Stage;
let ann: string;
let bob: string;
let callId: string;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  const suffix = randomUUID().slice(0, 8);
  [ann, bob] = [`ann-${suffix}`, `bob-${suffix}`];
  callId = await stage.connectCall(ann, bob);
});

const ALWAYS = 0;
function storeSamples(samples: ScoredSample[], since = ALWAYS) {
  return stage.quality.storeSamples(samples, since);
}
function listParticipants() {
  return stage.quality.listParticipants(callId);
}
function end() {
  return stage.endCall(callId, ann);
}
async function summariseAll() {
  while ((await stage.quality.summarise(1)) > 0);
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

/** The definition of a summary, written plainly. */
function summariseNaively(samples: readonly ScoredSample[]): QualitySummary {
  const inOrder = samples
    .map((sample) => ({ ...sample, measuredAt: Date.parse(sample.at) }))
    .toSorted((a, b) => a.measuredAt - b.measuredAt || a.arrivedAt - b.arrivedAt);
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
  it('equals one worked out by hand', async () => {
    const from = Date.UTC(2026, 0, 10, 12);
    const levels = ['excellent', 'excellent', 'good', 'poor'] as const;
    const scores = [4.4, 4.2, 3.8, 2];
    const samples = createSamples({ callId, userId: ann }, levels, from).map((sample, index) => ({
      ...sample,
      mos: scores[index] ?? 1,
    }));
    await storeSamples(samples);
    expect(await listParticipants()).toEqual([
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

  it('equals the plain definition for any measurements', async () => {
    let arrivedAt = Date.UTC(2026, 0, 11);
    await fc.assert(
      fc.asyncProperty(anyMeasured, async (measured) => {
        callId = randomUUID();
        arrivedAt += 1;
        const samples = measured.map((one, sequence) =>
          createSample({ callId, userId: ann, arrivedAt, sequence, ...one }),
        );
        await storeSamples(samples);
        const [found] = await listParticipants();
        expectSummary(found?.receive, summariseNaively(samples));
      }),
      { numRuns: 40 },
    );
  });

  it('is computed for each participant and direction', async () => {
    const stream = { callId, userId: ann };
    await storeSamples([
      createSample({ ...stream, direction: 'send', mos: 2 }),
      createSample({ ...stream, sequence: 1, mos: 3 }),
      createSample({ callId, userId: bob, sequence: 2, mos: 4 }),
    ]);
    expect(await listParticipants()).toMatchObject([
      { userId: ann, send: { minimumMos: 2 }, receive: { minimumMos: 3 } },
      { userId: bob, send: null, receive: { minimumMos: 4 } },
    ]);
  });

  it('stays the same once it is stored and the samples are deleted', async () => {
    await storeSamples(createSamples({ callId, userId: ann }, ['good', 'poor', 'fair']));
    const running = await listParticipants();
    await end();
    await summariseAll();
    await stage.moveTime(301_000);
    expect(await listParticipants()).toEqual(running);
    await summariseAll();
    await stage.query('DELETE FROM call_quality_metrics');
    expect(await listParticipants()).toEqual(running);
    expect(
      await stage.query('SELECT * FROM call_quality_trends WHERE call_id = $1', [callId]),
    ).toEqual([]);
  });

  it('is computed again for samples that arrive after it was stored', async () => {
    await storeSamples([createSample({ callId, userId: ann, mos: 4 })]);
    await end();
    await stage.moveTime(301_000);
    await summariseAll();
    // They waited in the stream for as long.
    const late = createSample({ callId, userId: ann, sequence: 1, mos: 1.5 });
    await storeSamples([late], late.arrivedAt + 1);
    expect(await listParticipants()).toMatchObject([{ receive: { samples: 2, minimumMos: 1.5 } }]);
    await summariseAll();
    await stage.query('DELETE FROM call_quality_metrics');
    expect(await listParticipants()).toMatchObject([{ receive: { samples: 2, minimumMos: 1.5 } }]);
  });

  it('is deleted with its call, and samples of deleted calls leave nothing', async () => {
    await storeSamples([createSample({ callId, userId: ann })]);
    await stage.quality.saveRating({ callId, userId: ann, stars: 5, comment: null }, null);
    await end();
    await stage.moveTime(301_000);
    await summariseAll();
    await storeSamples([createSample({ callId, userId: ann, sequence: 1 })]);
    await stage.query('DELETE FROM calls WHERE id = $1', [callId]);
    await summariseAll();
    const left = await stage.query(
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
    stage.quality.saveRating(
      { callId, userId: ann, stars, comment: key },
      key === null ? null : { userId: ann, key, fingerprint: 'same', status: 200 },
    );

  it('is replaced by the next one of the same user', async () => {
    await rate(5);
    expect(await rate(2)).toMatchObject({ stars: 2, comment: null });
    expect(await listParticipants()).toMatchObject([
      { userId: ann, send: null, receive: null, rating: { stars: 2 } },
    ]);
  });

  it('is not saved again by a repeated request', async () => {
    await rate(5, `a-${ann}`);
    await rate(1);
    expect(await rate(5, `a-${ann}`)).toBeNull();
    expect((await stage.quality.listRatings(callId)).get(ann)).toMatchObject({ stars: 1 });
  });

  it('must have 1 to 5 stars', async () => {
    await expect(rate(6)).rejects.toMatchObject({ constraint: 'call_ratings_stars_check' });
  });
});

describe('findParticipation', () => {
  const find = (userId: string) => stage.quality.findParticipation(callId, userId);

  it('returns whether a participant is in the call, just left, or left a while ago', async () => {
    expect(await find(ann)).toEqual({
      isInCall: true,
      wasInCall: true,
      justLeft: false,
      callIsOver: false,
      now: expect.any(Number),
    });
    await end();
    expect(await find(bob)).toEqual({
      isInCall: false,
      wasInCall: true,
      justLeft: true,
      callIsOver: true,
      now: expect.any(Number),
    });
    await stage.moveTime(61_000);
    expect(await find(bob)).toEqual({
      isInCall: false,
      wasInCall: true,
      justLeft: false,
      callIsOver: true,
      now: expect.any(Number),
    });
  });

  it('returns null for a user who is no participant', async () => {
    expect(await find('stranger')).toBeNull();
  });
});
