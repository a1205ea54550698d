import type { Call, EndReason, Notices, RingStopCause } from '@ringline/contract';
import type { RinglineError } from '../errors.ts';
import type { CallMedia } from '../media/call-media.ts';
import type { CallQuality } from '../quality/call-quality.ts';
import { findParticipant, isTerminal } from './stage.ts';

/** Why a call is over for this user. With the last four, the call itself may go on without them. */
export type EndCause = EndReason | 'left' | 'removed' | 'connection_lost' | 'declined';

export interface RinglineCallEvents {
  /** The call has a new snapshot. */
  changed: Call;
  /** Audio or video on this device has changed. */
  media: CallMedia;
  /** A stream has become better or worse for good. */
  quality: CallQuality;
  /** The call rang here and stopped, without an act on this device. */
  ringing_stopped: { cause: RingStopCause };
  /** The call goes on, on another device of this user. */
  moved: { call: Call };
  /** The call is over for this user. */
  ended: { cause: EndCause };
  /** The service will end the call at this time, unless somebody joins, or in any case. */
  ending_soon: Pick<Notices['call:ending_soon'], 'at' | 'reason'>;
  error: RinglineError;
}

/** Why a call is over for one user. */
export function getEndCause(call: Call, userId: string): EndCause {
  if (isTerminal(call)) return call.endReason ?? 'hangup';
  switch (findParticipant(call, userId)?.state) {
    case 'removed':
      return 'removed';
    case 'declined':
      return 'declined';
    case 'missed':
      return 'no_answer';
    case 'busy':
      return 'busy';
    case 'cancelled':
      return 'cancelled';
    default:
      return 'left';
  }
}
