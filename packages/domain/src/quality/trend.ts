import { type QualityLevel, rankOf, type Score } from './level.ts';

/** What a client had better do about its line, in the direction that was measured. */
export type Recommendation = 'audio_only' | 'lower_resolution' | 'none';

/** Worse is told after so many samples in a row that take so long. */
const WORSE_AFTER_SAMPLES = 3;
const WORSE_AFTER_MS = 8_000;

/**
 * Better must hold much longer, and four times longer each time that it did not: without video a narrow line looks
 * good, and turning video on and off is worse than leaving it off. After five minutes it is worth a try in any case.
 */
const BETTER_AFTER_MS = 45_000;
const BETTER_BACKOFF = 4;
const LONGEST_BETTER_AFTER_MS = 5 * 60_000;

/** After so long without a change, one for the worse is news, and no relapse. */
const SETTLED_AFTER_MS = 120_000;

type Side = 'worse' | 'better';

/** Samples in a row that are all on the same side of the level that was told. */
interface Run {
  side: Side;
  since: number;
  samples: number;
  latest: QualityLevel;
  /** What would be told of them now. */
  level: QualityLevel;
}

/** How the line of one user goes in one direction, kept between samples. Plain data; times in epoch milliseconds. */
export interface Trend {
  /** The level that was last told; nobody is told of the first. */
  level: QualityLevel;
  /** Of the sample by which it was told; null until the first change. */
  mos: number | null;
  /** On whose device this line is; null where none was named. */
  deviceId: string | null;
  /** null until the first change. */
  changedAt: number | null;
  /** null when the last sample was of that very level. */
  run: Run | null;
  /** How often in a row it became worse soon after a change. */
  relapses: number;
}

export interface TrendChange {
  level: QualityLevel;
  /** Of the sample that made it last, 1..4.5. */
  mos: number;
  recommendation: Recommendation;
}

const RECOMMENDED: Record<QualityLevel, Recommendation> = {
  excellent: 'none',
  good: 'none',
  fair: 'lower_resolution',
  poor: 'audio_only',
};

/** A line is held for excellent until it proves otherwise. */
export const FIRST_TREND: Trend = {
  level: 'excellent',
  mos: null,
  deviceId: null,
  changedAt: null,
  run: null,
  relapses: 0,
};

/** Whether one more sample of the level that a line begins with leaves the trend as it is, on whichever device. */
export const isCalm = ({ level, run }: Trend): boolean =>
  level === FIRST_TREND.level && run === null;

/** What was last told of a line; null where it never changed. */
export const toldOf = ({ level, mos }: Trend): TrendChange | null =>
  mos === null ? null : { level, mos, recommendation: RECOMMENDED[level] };

const milder = (side: Side, a: QualityLevel, b: QualityLevel): QualityLevel =>
  rankOf(a) < rankOf(b) === (side === 'worse') ? a : b;

/**
 * The first sample of a decline is half of the time before it, so of these the last two decide; of an
 * improvement, the mildest of all.
 */
const runAfter = ({ level: told, run }: Trend, latest: QualityLevel, at: number): Run | null => {
  if (latest === told) return null;
  const side = rankOf(latest) > rankOf(told) ? 'worse' : 'better';
  if (run?.side !== side) return { side, since: at, samples: 1, latest, level: latest };
  const level = milder(side, side === 'worse' ? run.latest : run.level, latest);
  return { ...run, samples: run.samples + 1, latest, level };
};

const lasts = ({ side, since, samples }: Run, relapses: number, at: number): boolean => {
  const forMs = at - since;
  if (side === 'worse') return samples >= WORSE_AFTER_SAMPLES && forMs >= WORSE_AFTER_MS;
  return forMs >= Math.min(BETTER_AFTER_MS * BETTER_BACKOFF ** relapses, LONGEST_BETTER_AFTER_MS);
};

/** Also one that became bad, was spared, and got worse all the same, has shown that it does not soon get better. */
const relapsesAfter = ({ changedAt, relapses }: Trend, side: Side, at: number): number => {
  if (side === 'better' || changedAt === null) return relapses;
  return at - changedAt >= SETTLED_AFTER_MS ? 0 : relapses + 1;
};

export interface TrendSample extends Pick<Score, 'level' | 'mos'> {
  deviceId: string | null;
}

interface Followed {
  trend: Trend;
  change: TrendChange | null;
}

/** Another device has another line, which is held for excellent like any: that is told, if something else was. */
const begin = (trend: Trend, { deviceId, mos }: TrendSample): Followed => {
  if (trend.level === FIRST_TREND.level) {
    return { trend: { ...FIRST_TREND, mos: trend.mos, deviceId }, change: null };
  }
  const begun: Trend = { ...FIRST_TREND, mos, deviceId };
  return { trend: begun, change: toldOf(begun) };
};

const isOfAnother = (trend: Trend, deviceId: string | null): boolean =>
  deviceId !== null && deviceId !== trend.deviceId;

const followOn = (trend: Trend, { level, mos }: TrendSample, at: number): Followed => {
  const run = runAfter(trend, level, at);
  if (run === null || !lasts(run, trend.relapses, at)) {
    return { trend: run === trend.run ? trend : { ...trend, run }, change: null };
  }
  const changed: Trend = {
    ...trend,
    level: run.level,
    mos,
    changedAt: at,
    run: null,
    relapses: relapsesAfter(trend, run.side, at),
  };
  return { trend: changed, change: toldOf(changed) };
};

/**
 * The trend after one more sample, and what is to be told: only a change that lasts.
 * @param at when the sample arrived, in epoch milliseconds; samples come in this order.
 */
export const follow = (before: Trend, sample: TrendSample, at: number): Followed => {
  const { trend, change } = isOfAnother(before, sample.deviceId)
    ? begin(before, sample)
    : { trend: before, change: null };
  const followed = followOn(trend, sample, at);
  return { trend: followed.trend, change: followed.change ?? change };
};
