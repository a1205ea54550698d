import { type QualityLevel, rankOf, type Score } from './level.ts';

/** What a client had better do about its line, in the direction that was measured. */
export type Recommendation = 'audio_only' | 'lower_resolution' | 'none';

/** Nothing is told of fewer samples in a row, however far apart. */
const LEAST_SAMPLES = 3;

/** Worse is told when it has held for so long. */
const WORSE_AFTER_MS = 8_000;
/** What nothing follows from can wait: a line that is on its way down would be told of twice, and be taken for one that relapsed. */
const A_LITTLE_WORSE_AFTER_MS = 30_000;

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

/** Samples in a row that are on the same side of the level that was told, but for single ones. */
interface Drift {
  side: Side;
  since: number;
  samples: number;
  /** What would be told of them now. */
  level: QualityLevel;
}

/** The last two samples, while they are not both of the level that was told, and where they lead. */
interface Run {
  before: QualityLevel;
  latest: QualityLevel;
  latestAt: number;
  /** null where they lead nowhere. */
  drift: Drift | null;
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
  /** null when the last two samples were of that very level. */
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
export function isCalm({ level, run }: Trend): boolean {
  return level === FIRST_TREND.level && run === null;
}

/** What was last told of a line; null where it never changed. */
export function toldOf({ level, mos }: Trend): TrendChange | null {
  return mos === null ? null : { level, mos, recommendation: RECOMMENDED[level] };
}

function sideOf(told: QualityLevel, level: QualityLevel): Side | null {
  if (level === told) return null;
  return rankOf(level) > rankOf(told) ? 'worse' : 'better';
}

function milder(side: Side, a: QualityLevel, b: QualityLevel): QualityLevel {
  return rankOf(a) < rankOf(b) === (side === 'worse') ? a : b;
}

/**
 * A sample counts for no more than its neighbours agree with: a line that coughs once has not turned bad, and a receipt
 * that came late does not make a bad one good.
 */
function middleOf(...levels: [QualityLevel, QualityLevel, QualityLevel]): QualityLevel {
  return levels.toSorted((a, b) => rankOf(a) - rankOf(b))[1] as QualityLevel;
}

/**
 * The first sample of a change is half of the time before it, and so decides nothing: of a decline, the last ones do, and
 * of an improvement, the mildest of all the others.
 */
function driftAfter(told: QualityLevel, run: Run, latest: QualityLevel): Drift | null {
  const { before, latest: judged, latestAt: since, drift } = run;
  const level = middleOf(before, judged, latest);
  const side = sideOf(told, level);
  if (side === null) return null;
  if (drift?.side !== side) return { side, since, samples: 1, level };
  const isMildest = side === 'better' && drift.samples > 1;
  return {
    ...drift,
    samples: drift.samples + 1,
    level: isMildest ? milder(side, drift.level, level) : level,
  };
}

function runAfter({ level: told, run }: Trend, latest: QualityLevel, at: number): Run | null {
  const before = run?.latest ?? told;
  if (before === told && latest === told) return null;
  const drift = run === null ? null : driftAfter(told, run, latest);
  return { before, latest, latestAt: at, drift };
}

function patienceMs(side: Side, level: QualityLevel, relapses: number): number {
  if (side === 'better') {
    return Math.min(BETTER_AFTER_MS * BETTER_BACKOFF ** relapses, LONGEST_BETTER_AFTER_MS);
  }
  return RECOMMENDED[level] === 'none' ? A_LITTLE_WORSE_AFTER_MS : WORSE_AFTER_MS;
}

/** To which level the line has changed for good; null where it has not. */
function lastingLevel({ level: told, relapses }: Trend, run: Run): QualityLevel | null {
  const { latest, latestAt, drift } = run;
  if (drift === null) return null;
  const { side, since, samples } = drift;
  const level = milder(side, drift.level, latest);
  // The latest sample has no neighbour after it yet, and is not among those of the drift.
  const bearsOut = side === 'worse' ? sideOf(told, latest) === side : level === drift.level;
  if (!bearsOut || samples + 1 < LEAST_SAMPLES) return null;
  return latestAt - since >= patienceMs(side, level, relapses) ? level : null;
}

/** Also one that became bad, was spared, and got worse all the same, has shown that it does not soon get better. */
function relapsesAfter(
  { level: told, changedAt, relapses }: Trend,
  level: QualityLevel,
  at: number,
): number {
  if (sideOf(told, level) === 'better' || changedAt === null) return relapses;
  return at - changedAt >= SETTLED_AFTER_MS ? 0 : relapses + 1;
}

export interface TrendSample extends Pick<Score, 'level' | 'mos'> {
  deviceId: string | null;
}

interface Followed {
  trend: Trend;
  change: TrendChange | null;
}

/** Another device has another line, which is held for excellent like any: that is told, if something else was. */
function begin(trend: Trend, { deviceId, mos }: TrendSample): Followed {
  if (trend.level === FIRST_TREND.level) {
    return { trend: { ...FIRST_TREND, mos: trend.mos, deviceId }, change: null };
  }
  const begun: Trend = { ...FIRST_TREND, mos, deviceId };
  return { trend: begun, change: toldOf(begun) };
}

function isOfAnother(trend: Trend, deviceId: string | null): boolean {
  return deviceId !== null && deviceId !== trend.deviceId;
}

function followOn(trend: Trend, sample: TrendSample, at: number): Followed {
  const run = runAfter(trend, sample.level, at);
  const level = run && lastingLevel(trend, run);
  if (level === null) {
    return { trend: run === trend.run ? trend : { ...trend, run }, change: null };
  }
  const changed: Trend = {
    ...trend,
    level,
    mos: sample.mos,
    changedAt: at,
    run: null,
    relapses: relapsesAfter(trend, level, at),
  };
  return { trend: changed, change: toldOf(changed) };
}

/**
 * The trend after one more sample, and what is to be told: only a change that lasts.
 * @param at when the sample arrived, in epoch milliseconds; samples come in this order.
 */
export function follow(before: Trend, sample: TrendSample, at: number): Followed {
  const { trend, change } = isOfAnother(before, sample.deviceId)
    ? begin(before, sample)
    : { trend: before, change: null };
  const followed = followOn(trend, sample, at);
  return { trend: followed.trend, change: followed.change ?? change };
}
