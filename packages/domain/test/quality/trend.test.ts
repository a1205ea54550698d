import { describe, expect, it } from '@jest/globals';
import {
  FIRST_TREND,
  follow,
  type QualityLevel,
  qualityLevels,
  type Trend,
  type TrendChange,
  toldOf,
} from '@ringline/domain';
import * as fc from 'fast-check';

const EVERY_MS = 5000;

type Told = Omit<TrendChange, 'mos'> & { atSeconds: number };

function sampleAt(level: QualityLevel, deviceId: string | null = null) {
  return {
    level,
    mos: 4.4 - qualityLevels.indexOf(level),
    deviceId,
  };
}

/**
 * A line that is sampled every five seconds. `levelOf` says how good it is, given what was last recommended: the
 * client follows at once.
 */
function watch(
  seconds: number,
  levelOf: (recommendation: TrendChange['recommendation'], atSeconds: number) => QualityLevel,
): Told[] {
  let trend: Trend = FIRST_TREND;
  const told: Told[] = [];
  for (let at = 0; at <= seconds * 1000; at += EVERY_MS) {
    const atSeconds = at / 1000;
    const level = levelOf(told.at(-1)?.recommendation ?? 'none', atSeconds);
    const followed = follow(trend, sampleAt(level), at);
    trend = followed.trend;
    if (followed.change === null) continue;
    const { mos: _, ...change } = followed.change;
    told.push({ ...change, atSeconds });
  }
  return told;
}

describe('a line', () => {
  it('that is excellent is never told of', () => {
    expect(watch(600, () => 'excellent')).toEqual([]);
  });

  it('that turns bad for good is told of within ten seconds, once', () => {
    const told = watch(600, (_recommended, at) => (at < 30 ? 'excellent' : 'poor'));
    expect(told).toEqual([{ level: 'poor', recommendation: 'audio_only', atSeconds: 40 }]);
  });

  it('that turns bad in the middle of a sample is told of by what came after it', () => {
    const levels = ['excellent', 'good', 'poor', 'poor'] as const;
    const told = watch(600, (_recommended, at) => levels[at / 5] ?? 'poor');
    expect(told).toEqual([{ level: 'poor', recommendation: 'audio_only', atSeconds: 15 }]);
  });

  it('that coughs once or twice is not told of', () => {
    expect(watch(600, (_recommended, at) => (at % 60 < 10 ? 'poor' : 'excellent'))).toEqual([]);
  });

  it('that is bad is told of, though a receipt that came late made it look good once', () => {
    const levels = ['poor', 'poor', 'excellent', 'poor'] as const;
    const told = watch(600, (_recommended, at) => levels[at / 5] ?? 'poor');
    expect(told).toEqual([{ level: 'poor', recommendation: 'audio_only', atSeconds: 15 }]);
  });

  it('that is bad every other time only is not told of', () => {
    expect(watch(600, (_recommended, at) => (at % 10 === 0 ? 'poor' : 'excellent'))).toEqual([]);
  });

  it.each(qualityLevels.slice(1))(
    'that gets better, with one %s sample now and then, does',
    (cough) => {
      const told = watch(300, (_recommended, at) => {
        if (at < 20) return 'poor';
        return at % 20 === 10 ? cough : 'excellent';
      });
      expect(told).toEqual([
        { level: 'poor', recommendation: 'audio_only', atSeconds: 10 },
        { level: 'excellent', recommendation: 'none', atSeconds: 65 },
      ]);
    },
  );

  it('that is good every other time only is not told of as better', () => {
    const told = watch(600, (_recommended, at) => {
      return at < 20 || at % 10 === 0 ? 'poor' : 'excellent';
    });
    expect(told.map(({ level }) => level)).toEqual(['poor']);
  });

  it('that is told of as bad is told of as good only after it was so for long', () => {
    const told = watch(300, (_recommended, at) => (at < 20 ? 'poor' : 'excellent'));
    expect(told).toEqual([
      { level: 'poor', recommendation: 'audio_only', atSeconds: 10 },
      { level: 'excellent', recommendation: 'none', atSeconds: 65 },
    ]);
  });

  it('that is on its way down is told of where it arrives', () => {
    const levels = ['good', 'good', 'good', 'good', 'poor'] as const;
    const told = watch(300, (_recommended, at) => levels[at / 5] ?? 'poor');
    expect(told).toEqual([{ level: 'poor', recommendation: 'audio_only', atSeconds: 25 }]);
  });

  it('that is a little worse is told of after half a minute, since nothing follows from it', () => {
    const told = watch(300, () => 'good');
    expect(told).toEqual([{ level: 'good', recommendation: 'none', atSeconds: 30 }]);
  });

  it('is advised to send less before it is advised to send no picture', () => {
    expect(watch(60, () => 'fair')).toMatchObject([{ recommendation: 'lower_resolution' }]);
    expect(watch(60, () => 'good')).toMatchObject([{ recommendation: 'none' }]);
  });
});

describe('a narrow line, which is good as long as it carries no picture', () => {
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

  it('changes no more often for first being only fair', () => {
    const levelOf = (recommended: TrendChange['recommendation']): QualityLevel =>
      ({ none: 'fair', lower_resolution: 'poor', audio_only: 'excellent' })[
        recommended
      ] as QualityLevel;
    expect(watch(180, levelOf).length).toBeLessThanOrEqual(3);
  });

  it('gets its picture back once it has widened', () => {
    const told = watch(900, (recommended, at) => (at > 300 ? 'excellent' : narrow(recommended)));
    expect(told.at(-1)).toMatchObject({ recommendation: 'none' });
  });

  it('that was good for long is given the same patience as at first', () => {
    const bad = (at: number) => (at > 100 && at < 130) || (at > 700 && at < 730);
    const told = watch(900, (_recommended, at) => (bad(at) ? 'poor' : 'excellent'));
    expect(told.map(({ level }) => level)).toEqual(['poor', 'excellent', 'poor', 'excellent']);
    expect((told[1]?.atSeconds ?? 0) - 130).toBe((told[3]?.atSeconds ?? 0) - 730);
  });
});

describe('noise', () => {
  it('between two levels tells of no more than the worse of them', () => {
    const told = watch(1800, (_recommended, at) => (at % 10 === 0 ? 'good' : 'fair'));
    expect(told.length).toBeLessThanOrEqual(2);
  });

  const level = fc.constantFrom(...qualityLevels);

  it('of any kind never changes twice within eight seconds, nor to what is told already', () => {
    fc.assert(
      fc.property(fc.array(level, { maxLength: 200 }), (levels) => {
        const told = watch(levels.length * 5 - 5, (_recommended, at) => levels[at / 5] ?? 'good');
        told.forEach((one, index) => {
          const before = told[index - 1];
          expect(one.level).not.toBe(before?.level ?? 'excellent');
          expect(one.atSeconds - (before?.atSeconds ?? 0)).toBeGreaterThanOrEqual(8);
        });
      }),
    );
  });

  it('is told only of what one of the last samples was', () => {
    fc.assert(
      fc.property(fc.array(level, { maxLength: 100 }), (levels) => {
        const told = watch(levels.length * 5 - 5, (_recommended, at) => levels[at / 5] ?? 'good');
        for (const one of told) expect(levels.slice(0, one.atSeconds / 5 + 1)).toContain(one.level);
      }),
    );
  });
});

it('a burst that arrives at once, however bad, is no lasting change', () => {
  let trend: Trend = FIRST_TREND;
  for (let sample = 0; sample < 100; sample += 1) {
    const followed = follow(trend, sampleAt('poor'), 1_700_000_000_000);
    expect(followed.change).toBeNull();
    trend = followed.trend;
  }
});

it('a sample that changes nothing gives back the very same trend', () => {
  expect(follow(FIRST_TREND, sampleAt('excellent'), 1).trend).toBe(FIRST_TREND);
});

describe('a user who goes on with another device', () => {
  const SECOND = 1000;
  /** The trends and changes of samples five seconds apart. */
  const sampled = (samples: readonly (readonly [QualityLevel, string])[]) => {
    let trend: Trend = FIRST_TREND;
    return samples.map(([level, deviceId], index) => {
      const followed = follow(trend, sampleAt(level, deviceId), index * 5 * SECOND);
      trend = followed.trend;
      return { told: toldOf(trend), change: followed.change };
    });
  };

  it('has a new line: what was told of the old one is taken back at once', () => {
    const onPhone = Array.from({ length: 3 }, () => ['poor', 'phone'] as const);
    const steps = sampled([...onPhone, ['good', 'laptop']]);
    expect(steps[2]?.told).toMatchObject({ level: 'poor', recommendation: 'audio_only' });
    const takenBack = { level: 'excellent', mos: sampleAt('good').mos, recommendation: 'none' };
    expect(steps[3]).toEqual({ told: takenBack, change: takenBack });
  });

  it('is told of the new line, too, if that is as bad', () => {
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

  it('is told nothing where nothing was told of either', () => {
    const steps = sampled([
      ['excellent', 'phone'],
      ['fair', 'laptop'],
    ]);
    expect(steps.map(({ told, change }) => told ?? change)).toEqual([null, null]);
  });
});
