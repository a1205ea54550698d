import type { Notices, QualityDirection, QualityLevel, Recommendation } from '@ringline/contract';
import { unlimited, type VideoAllowance, type VideoLimits } from '../media/room.ts';

/** The quality of one direction, as the service reports it. */
export interface LineQuality {
  readonly level: QualityLevel;
  /** The mean opinion score of the audio at the last change, 1..4.5; null before the first. */
  readonly mos: number | null;
}
export type UserQuality = Readonly<Record<QualityDirection, LineQuality>>;

/**
 * The quality of a call. The service reports lasting changes; until the first, quality counts as
 * excellent.
 */
export interface CallQuality {
  readonly own: UserQuality;
  of(userId: string): UserQuality;
  /** How much video this device lets through, for the network's sake. */
  readonly video: VideoLimits;
}

export interface ReportedQuality {
  readonly view: CallQuality;
  /** Returns whether anything has changed. */
  handleNotice(notice: Notices['call:quality_changed']): boolean;
}

const allowances: Record<Recommendation, VideoAllowance> = {
  none: 'all',
  lower_resolution: 'low',
  audio_only: 'none',
};

const excellent: LineQuality = { level: 'excellent', mos: null };
const unreported: UserQuality = { send: excellent, receive: excellent };

/** `follow`: limits video as the service recommends. */
export function createReportedQuality(userId: string, follow: boolean): ReportedQuality {
  const reported = new Map<string, UserQuality>();
  let limits = unlimited;

  const getQuality = (who: string) => reported.get(who) ?? unreported;
  return {
    view: {
      get own() {
        return getQuality(userId);
      },
      of: getQuality,
      get video() {
        return limits;
      },
    },
    handleNotice: ({ userId: who, direction, level, mos, recommendation }) => {
      const known = getQuality(who)[direction];
      // Every sync repeats it, for devices that missed it.
      if (known.level === level && known.mos === mos) return false;
      reported.set(who, { ...getQuality(who), [direction]: { level, mos } });
      if (follow && who === userId) limits = { ...limits, [direction]: allowances[recommendation] };
      return true;
    },
  };
}
