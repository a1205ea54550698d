import { describe, expect, it } from '@jest/globals';
import { type QualityLevel, qualityLevels } from '@ringline/contract';
import * as fc from 'fast-check';
import {
  advanceTrend,
  FIRST_TREND,
  lastChange,
  type Trend,
  type TrendChange,
} from '#src/trends/trend.ts';

const EVERY_MS = 5000;

type Published = Omit<TrendChange, 'mos'> & { atSeconds: number };

function createSample(level: QualityLevel, deviceId: string | null = null) {
  return {
    level,
    mos: 4.4 - qualityLevels.indexOf(level),
    deviceId,
  };
}

/**
 * Samples a stream every five seconds. `getLevel` returns its level, given the last recommendation,
 * which the client follows at once.
 */
function watch(
  seconds: number,
  getLevel: (recommendation: TrendChange['recommendation'], atSeconds: number) => QualityLevel,
): Published[] {
  let trend: Trend = FIRST_TREND;
  const published: Published[] = [];
  for (let at = 0; at <= seconds * 1000; at += EVERY_MS) {
    const atSeconds = at / 1000;
    const level = getLevel(published.at(-1)?.recommendation ?? 'none', atSeconds);
    const step = advanceTrend(trend, createSample(level), at);
    trend = step.trend;
    if (step.change === null) continue;
    const { mos: _, ...change } = step.change;
    published.push({ ...change, atSeconds });
  }
  return published;
}

describe('a stream', () => {
  it('that is excellent is never published', () => {
    expect(watch(600, () => 'excellent')).toEqual([]);
  });

  it('that turns bad for good is published within ten seconds, once', () => {
    const published = watch(600, (_recommended, at) => (at < 30 ? 'excellent' : 'poor'));
    expect(published).toEqual([{ level: 'poor', recommendation: 'audio_only', atSeconds: 40 }]);
  });

  it('that turns bad in the middle of a sample is published by the samples after it', () => {
    const levels = ['excellent', 'good', 'poor', 'poor'] as const;
    const published = watch(600, (_recommended, at) => levels[at / 5] ?? 'poor');
    expect(published).toEqual([{ level: 'poor', recommendation: 'audio_only', atSeconds: 15 }]);
  });

  it('with one or two bad samples now and then is not published', () => {
    expect(watch(600, (_recommended, at) => (at % 60 < 10 ? 'poor' : 'excellent'))).toEqual([]);
  });

  it('that is bad is published although a late receiver report made it look good once', () => {
    const levels = ['poor', 'poor', 'excellent', 'poor'] as const;
    const published = watch(600, (_recommended, at) => levels[at / 5] ?? 'poor');
    expect(published).toEqual([{ level: 'poor', recommendation: 'audio_only', atSeconds: 15 }]);
  });

  it('that is bad in every other sample is not published', () => {
    expect(watch(600, (_recommended, at) => (at % 10 === 0 ? 'poor' : 'excellent'))).toEqual([]);
  });

  it.each(qualityLevels.slice(1))(
    'that gets better is published as better although a sample is %s now and then',
    (outlier) => {
      const published = watch(300, (_recommended, at) => {
        if (at < 20) return 'poor';
        return at % 20 === 10 ? outlier : 'excellent';
      });
      expect(published).toEqual([
        { level: 'poor', recommendation: 'audio_only', atSeconds: 10 },
        { level: 'excellent', recommendation: 'none', atSeconds: 65 },
      ]);
    },
  );

  it('that is good in every other sample is not published as better', () => {
    const published = watch(600, (_recommended, at) => {
      return at < 20 || at % 10 === 0 ? 'poor' : 'excellent';
    });
    expect(published.map(({ level }) => level)).toEqual(['poor']);
  });

  it('that was published as bad is published as good only after 45 seconds', () => {
    const published = watch(300, (_recommended, at) => (at < 20 ? 'poor' : 'excellent'));
    expect(published).toEqual([
      { level: 'poor', recommendation: 'audio_only', atSeconds: 10 },
      { level: 'excellent', recommendation: 'none', atSeconds: 65 },
    ]);
  });

  it('that gets worse step by step is published once, at the last level', () => {
    const levels = ['good', 'good', 'good', 'good', 'poor'] as const;
    const published = watch(300, (_recommended, at) => levels[at / 5] ?? 'poor');
    expect(published).toEqual([{ level: 'poor', recommendation: 'audio_only', atSeconds: 25 }]);
  });

  it('that is slightly worse, which triggers no action, is published after half a minute', () => {
    const published = watch(300, () => 'good');
    expect(published).toEqual([{ level: 'good', recommendation: 'none', atSeconds: 30 }]);
  });

  it('gets the advice to lower the resolution before the advice to stop video', () => {
    expect(watch(60, () => 'fair')).toMatchObject([{ recommendation: 'lower_resolution' }]);
    expect(watch(60, () => 'good')).toMatchObject([{ recommendation: 'none' }]);
  });
});

describe('a narrow stream, which is good without video', () => {
  const narrow = (recommended: TrendChange['recommendation']): QualityLevel =>
    recommended === 'audio_only' ? 'good' : 'poor';

  it('changes three times in three minutes', () => {
    expect(watch(180, narrow).map(({ level, atSeconds }) => [level, atSeconds])).toEqual([
      ['poor', 10],
      ['good', 60],
      ['poor', 75],
    ]);
  });

  it('is tried again less and less often, but at least every six minutes', () => {
    const tries = watch(3600, narrow).filter(({ level }) => level === 'good');
    const pauses = tries.map(
      ({ atSeconds }, index) => atSeconds - (tries[index - 1]?.atSeconds ?? 0),
    );
    expect(pauses.slice(0, 4)).toEqual([60, 200, 320, 320]);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(360);
  });

  it('changes no more often if it is fair at first', () => {
    const getLevel = (recommended: TrendChange['recommendation']): QualityLevel =>
      ({ none: 'fair', lower_resolution: 'poor', audio_only: 'excellent' })[
        recommended
      ] as QualityLevel;
    expect(watch(180, getLevel).length).toBeLessThanOrEqual(3);
  });

  it('gets its video back once it has widened', () => {
    const published = watch(900, (recommended, at) =>
      at > 300 ? 'excellent' : narrow(recommended),
    );
    expect(published.at(-1)).toMatchObject({ recommendation: 'none' });
  });

  it('that was good for long gets the same delay as at first', () => {
    const bad = (at: number) => (at > 100 && at < 130) || (at > 700 && at < 730);
    const published = watch(900, (_recommended, at) => (bad(at) ? 'poor' : 'excellent'));
    expect(published.map(({ level }) => level)).toEqual(['poor', 'excellent', 'poor', 'excellent']);
    expect((published[1]?.atSeconds ?? 0) - 130).toBe((published[3]?.atSeconds ?? 0) - 730);
  });
});

describe('noise', () => {
  it('between two levels publishes the worse of them at most', () => {
    const published = watch(1800, (_recommended, at) => (at % 10 === 0 ? 'good' : 'fair'));
    expect(published.length).toBeLessThanOrEqual(2);
  });

  const level = fc.constantFrom(...qualityLevels);

  it('of any kind never changes the level twice within eight seconds, nor to the same level', () => {
    fc.assert(
      fc.property(fc.array(level, { maxLength: 200 }), (levels) => {
        const published = watch(
          levels.length * 5 - 5,
          (_recommended, at) => levels[at / 5] ?? 'good',
        );
        published.forEach((one, index) => {
          const before = published[index - 1];
          expect(one.level).not.toBe(before?.level ?? 'excellent');
          expect(one.atSeconds - (before?.atSeconds ?? 0)).toBeGreaterThanOrEqual(8);
        });
      }),
    );
  });

  it('is published only at the level of one of the last samples', () => {
    fc.assert(
      fc.property(fc.array(level, { maxLength: 100 }), (levels) => {
        const published = watch(
          levels.length * 5 - 5,
          (_recommended, at) => levels[at / 5] ?? 'good',
        );
        for (const one of published)
          expect(levels.slice(0, one.atSeconds / 5 + 1)).toContain(one.level);
      }),
    );
  });
});

it('samples that arrive at once cause no change, however many are bad', () => {
  let trend: Trend = FIRST_TREND;
  for (let sample = 0; sample < 100; sample += 1) {
    const step = advanceTrend(trend, createSample('poor'), 1_700_000_000_000);
    expect(step.change).toBeNull();
    trend = step.trend;
  }
});

it('a sample that changes nothing returns the same trend object', () => {
  expect(advanceTrend(FIRST_TREND, createSample('excellent'), 1).trend).toBe(FIRST_TREND);
});

describe('a user who changes the device', () => {
  const SECOND = 1000;
  /** The trends and changes of samples five seconds apart. */
  const sampled = (samples: readonly (readonly [QualityLevel, string])[]) => {
    let trend: Trend = FIRST_TREND;
    return samples.map(([level, deviceId], index) => {
      const step = advanceTrend(trend, createSample(level, deviceId), index * 5 * SECOND);
      trend = step.trend;
      return { published: lastChange(trend), change: step.change };
    });
  };

  it('has a new stream, and the published level of the old one is taken back at once', () => {
    const onPhone = Array.from({ length: 3 }, () => ['poor', 'phone'] as const);
    const steps = sampled([...onPhone, ['good', 'laptop']]);
    expect(steps[2]?.published).toMatchObject({ level: 'poor', recommendation: 'audio_only' });
    const takenBack = { level: 'excellent', mos: createSample('good').mos, recommendation: 'none' };
    expect(steps[3]).toEqual({ published: takenBack, change: takenBack });
  });

  it('has the new stream published, too, if it is as bad', () => {
    const steps = sampled(
      ['phone', 'laptop'].flatMap((device) =>
        Array.from({ length: 3 }, () => ['poor', device] as const),
      ),
    );
    expect(steps.map(({ change }) => change?.level)).toEqual([
      ...[undefined, undefined, 'poor'],
      ...['excellent', undefined, 'poor'],
    ]);
  });

  it('has nothing published if nothing was published of the old stream', () => {
    const steps = sampled([
      ['excellent', 'phone'],
      ['fair', 'laptop'],
    ]);
    expect(steps.map(({ published, change }) => published ?? change)).toEqual([null, null]);
  });
});
