import type { Notices, QualityDirection, QualityLevel, Recommendation } from '@ringline/contract';
import { unlimited, type VideoAllowance, type VideoLimits } from '../media/room.ts';

/** How a line goes in one direction, as the service says. */
export interface LineQuality {
  readonly level: QualityLevel;
  /** The mean opinion score of the sound at the last change, 1..4.5; null before the first. */
  readonly mos: number | null;
}
export type UserQuality = Readonly<Record<QualityDirection, LineQuality>>;

/** How the lines in a call are. The service tells of lasting changes; until then a line is held for excellent. */
export interface CallQuality {
  readonly own: UserQuality;
  of(userId: string): UserQuality;
  /** What this device lets through of video, for the sake of its line. */
  readonly video: VideoLimits;
}

export interface QualityKeeper {
  readonly view: CallQuality;
  notice(notice: Notices['call:quality_changed']): void;
}

export interface QualityKeeperDeps {
  userId: string;
  /** Whether to do as the service recommends. */
  follows: boolean;
  onChange(quality: CallQuality): void;
  onLimits(limits: VideoLimits, previous: VideoLimits): void;
}

const ALLOWED: Record<Recommendation, VideoAllowance> = {
  none: 'all',
  lower_resolution: 'low',
  audio_only: 'none',
};

const presumed: LineQuality = { level: 'excellent', mos: null };
const untold: UserQuality = { send: presumed, receive: presumed };

export function createQualityKeeper(deps: QualityKeeperDeps): QualityKeeper {
  const { userId, follows, onChange, onLimits } = deps;
  const told = new Map<string, UserQuality>();
  let limits = unlimited;

  const qualityOf = (who: string) => told.get(who) ?? untold;
  const view: CallQuality = {
    get own() {
      return qualityOf(userId);
    },
    of: qualityOf,
    get video() {
      return limits;
    },
  };

  return {
    view,
    notice: ({ userId: whose, direction, level, mos, recommendation }) => {
      const known = qualityOf(whose)[direction];
      // It is told again on every sync, for those to whom it was lost.
      if (known.level === level && known.mos === mos) return;
      told.set(whose, { ...qualityOf(whose), [direction]: { level, mos } });
      const previous = limits;
      if (follows && whose === userId) {
        limits = { ...limits, [direction]: ALLOWED[recommendation] };
        onLimits(limits, previous);
      }
      onChange(view);
    },
  };
}
