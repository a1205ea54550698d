import type { QualityLevel, Recommendation } from '@ringline/contract';
import { rank, type Score } from '../score/level.ts';

/** Fewer samples in a row change nothing, however far apart they are. */
const MIN_SAMPLES = 3;

/** A decline is published after it has lasted this long. */
const WORSE_AFTER_MS = 8_000;
/**
 * Delay level changes that trigger no action, so a falling stream is reported once and not taken
 * for a relapse.
 */
const SLIGHTLY_WORSE_AFTER_MS = 30_000;

/**
 * An improvement must last longer, and four times longer after each relapse: a narrow connection
 * looks good without video, and toggling video is worse than leaving it off. After five minutes it
 * is always worth a try.
 */
const BETTER_AFTER_MS = 45_000;
const BETTER_BACKOFF = 4;
const MAX_BETTER_AFTER_MS = 5 * 60_000;

/** A decline this long after the last change does not count as a relapse. */
const SETTLED_AFTER_MS = 120_000;

type Side = 'worse' | 'better';

/** Consecutive samples on one side of the published level; single exceptions do not end it. */
interface Drift {
  side: Side;
  since: number;
  samples: number;
  /** The level to publish if the drift were long enough now. */
  level: QualityLevel;
}

/** The last two samples, unless both are of the published level. */
interface Run {
  before: QualityLevel;
  latest: QualityLevel;
  latestAt: number;
  drift: Drift | null;
}

/**
 * How the quality of a stream develops, stored between samples as JSON. Times are epoch
 * milliseconds.
 */
export interface Trend {
  /** The published level. The first one, `excellent`, is assumed and not published. */
  level: QualityLevel;
  /** Of the sample that caused the last change; null until the first change. */
  mos: number | null;
  /** The device that reports the stream; null if it named none. */
  deviceId: string | null;
  /** null until the first change. */
  changedAt: number | null;
  /** null if the last two samples were of the published level. */
  run: Run | null;
  /** Consecutive declines that came soon after a change. */
  relapses: number;
}

export interface TrendChange {
  level: QualityLevel;
  /** Of the sample that caused the change, 1..4.5. */
  mos: number;
  recommendation: Recommendation;
}

const RECOMMENDATIONS: Record<QualityLevel, Recommendation> = {
  excellent: 'none',
  good: 'none',
  fair: 'lower_resolution',
  poor: 'audio_only',
};

export const FIRST_TREND: Trend = {
  level: 'excellent',
  mos: null,
  deviceId: null,
  changedAt: null,
  run: null,
  relapses: 0,
};

/** The change that was last published; null if there was none. */
export function lastChange({ level, mos }: Trend): TrendChange | null {
  return mos === null ? null : { level, mos, recommendation: RECOMMENDATIONS[level] };
}

function compare(published: QualityLevel, level: QualityLevel): Side | null {
  if (level === published) return null;
  return rank(level) > rank(published) ? 'worse' : 'better';
}

/** Picks the level that is closer to the published one. */
function milder(side: Side, a: QualityLevel, b: QualityLevel): QualityLevel {
  return rank(a) < rank(b) === (side === 'worse') ? a : b;
}

/** Filters out single outliers, such as a receiver report that came late. */
function median(...levels: [QualityLevel, QualityLevel, QualityLevel]): QualityLevel {
  return levels.toSorted((a, b) => rank(a) - rank(b))[1] as QualityLevel;
}

/**
 * A change may begin in the middle of a sample, so the first one does not count. The latest samples
 * determine the level of a decline, and the mildest of all determines that of an improvement.
 */
function nextDrift(published: QualityLevel, run: Run, latest: QualityLevel): Drift | null {
  const { before, latest: judged, latestAt: since, drift } = run;
  const level = median(before, judged, latest);
  const side = compare(published, level);
  if (side === null) return null;
  if (drift?.side !== side) return { side, since, samples: 1, level };
  const keepsMildest = side === 'better' && drift.samples > 1;
  return {
    ...drift,
    samples: drift.samples + 1,
    level: keepsMildest ? milder(side, drift.level, level) : level,
  };
}

function nextRun({ level: published, run }: Trend, latest: QualityLevel, at: number): Run | null {
  const before = run?.latest ?? published;
  if (before === published && latest === published) return null;
  const drift = run === null ? null : nextDrift(published, run, latest);
  return { before, latest, latestAt: at, drift };
}

function requiredMs(side: Side, level: QualityLevel, relapses: number): number {
  if (side === 'better') {
    return Math.min(BETTER_AFTER_MS * BETTER_BACKOFF ** relapses, MAX_BETTER_AFTER_MS);
  }
  return RECOMMENDATIONS[level] === 'none' ? SLIGHTLY_WORSE_AFTER_MS : WORSE_AFTER_MS;
}

/** The level of a lasting change; null if there is none yet. */
function findLastingLevel({ level: published, relapses }: Trend, run: Run): QualityLevel | null {
  const { latest, latestAt, drift } = run;
  if (drift === null) return null;
  const { side, since, samples } = drift;
  const level = milder(side, drift.level, latest);
  // The drift does not include the latest sample, since no other follows it yet.
  const isConfirmed =
    side === 'worse' ? compare(published, latest) === side : level === drift.level;
  if (!isConfirmed || samples + 1 < MIN_SAMPLES) return null;
  return latestAt - since >= requiredMs(side, level, relapses) ? level : null;
}

/** A decline soon after any change counts, also one from bad to worse. */
function nextRelapses(
  { level: published, changedAt, relapses }: Trend,
  level: QualityLevel,
  at: number,
): number {
  if (compare(published, level) === 'better' || changedAt === null) return relapses;
  return at - changedAt >= SETTLED_AFTER_MS ? 0 : relapses + 1;
}

export interface TrendSample extends Pick<Score, 'level' | 'mos'> {
  deviceId: string | null;
}

interface Step {
  trend: Trend;
  change: TrendChange | null;
}

/**
 * Another device is another stream, which starts as excellent. A different published level is taken
 * back.
 */
function switchDevice(trend: Trend, { deviceId, mos }: TrendSample): Step {
  if (trend.level === FIRST_TREND.level) {
    return { trend: { ...FIRST_TREND, mos: trend.mos, deviceId }, change: null };
  }
  const reset: Trend = { ...FIRST_TREND, mos, deviceId };
  return { trend: reset, change: lastChange(reset) };
}

function addSample(trend: Trend, sample: TrendSample, at: number): Step {
  const run = nextRun(trend, sample.level, at);
  const level = run && findLastingLevel(trend, run);
  if (level === null) {
    return { trend: run === trend.run ? trend : { ...trend, run }, change: null };
  }
  const changed: Trend = {
    ...trend,
    level,
    mos: sample.mos,
    changedAt: at,
    run: null,
    relapses: nextRelapses(trend, level, at),
  };
  return { trend: changed, change: lastChange(changed) };
}

/**
 * Computes the trend after one more sample, and the change to publish: only one that lasts.
 * @param at when the sample arrived, in epoch milliseconds; samples come in this order.
 */
export function advanceTrend(before: Trend, sample: TrendSample, at: number): Step {
  const isOtherDevice = sample.deviceId !== null && sample.deviceId !== before.deviceId;
  const { trend, change } = isOtherDevice
    ? switchDevice(before, sample)
    : { trend: before, change: null };
  const advanced = addSample(trend, sample, at);
  return { trend: advanced.trend, change: advanced.change ?? change };
}
