import { type QualityLevel, rankOf } from './level.ts';

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
  /** null until the first change. */
  changedAt: number | null;
  /** null when the last sample was of that very level. */
  run: Run | null;
  /** How often in a row it became worse soon after a change. */
  relapses: number;
}

export interface TrendChange {
  level: QualityLevel;
  recommendation: Recommendation;
}

const RECOMMENDED: Record<QualityLevel, Recommendation> = {
  excellent: 'none',
  good: 'none',
  fair: 'lower_resolution',
  poor: 'audio_only',
};

/** A line is held for excellent until it proves otherwise. */
export const FIRST_TREND: Trend = { level: 'excellent', changedAt: null, run: null, relapses: 0 };

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

const relapsesAfter = ({ changedAt, relapses }: Trend, side: Side, at: number): number => {
  if (side === 'better') return relapses;
  const isNews = changedAt === null || at - changedAt >= SETTLED_AFTER_MS;
  return isNews ? 0 : relapses + 1;
};

/**
 * The trend after one more sample, and what is to be told: only a change that lasts.
 * @param at when the sample arrived, in epoch milliseconds; samples come in this order.
 */
export const follow = (
  trend: Trend,
  level: QualityLevel,
  at: number,
): { trend: Trend; change: TrendChange | null } => {
  const run = runAfter(trend, level, at);
  if (run === null || !lasts(run, trend.relapses, at)) {
    return { trend: run === trend.run ? trend : { ...trend, run }, change: null };
  }
  const changed = {
    level: run.level,
    changedAt: at,
    run: null,
    relapses: relapsesAfter(trend, run.side, at),
  };
  return { trend: changed, change: { level: run.level, recommendation: RECOMMENDED[run.level] } };
};
