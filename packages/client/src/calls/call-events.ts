import type { Call, EndReason, Notices, RingStopCause } from '@ringline/contract';
import type { RinglineError } from '../errors.ts';
import type { CallMedia } from '../media/call-media.ts';
import type { CallQuality } from '../quality/call-quality.ts';
import { isTerminal, participantOf } from './stage.ts';

/** Why a call is over for this user. The last four: the call itself may go on without them. */
export type EndCause = EndReason | 'left' | 'removed' | 'connection_lost' | 'declined';

export interface RinglineCallEvents {
  /** Anything of the call has changed. */
  changed: Call;
  /** Sound or pictures on this device have changed. */
  media: CallMedia;
  /** A line has become better or worse, for good. */
  quality: CallQuality;
  /** It rang here, and stopped without anything done here. */
  ringing_stopped: { cause: RingStopCause };
  /** The call goes on, on another device of this user. */
  moved: { call: Call };
  /** Over for this user. */
  ended: { cause: EndCause };
  /** The call will be ended at this time, unless somebody comes, or for good. */
  ending_soon: Pick<Notices['call:ending_soon'], 'at' | 'reason'>;
  /** A camera that is not to be had, for example. The call goes on. */
  error: RinglineError;
}

/** By the one who started it, or since the service lost them before anybody answered. */
function isCalledOff({ state, endReason }: Call): boolean {
  return state === 'cancelled' && (endReason === 'cancelled' || endReason === 'connection_lost');
}

/** Why it stopped to ring, told by what has become of the call. */
export function ringStopCauseOf(call: Call, userId: string): RingStopCause {
  switch (participantOf(call, userId)?.state) {
    case 'joining':
    case 'joined':
    case 'reconnecting':
      return 'answered_elsewhere';
    case 'declined':
    case 'busy':
      return 'declined_elsewhere';
    case 'missed':
      return 'timeout';
    default:
      return isTerminal(call) && !isCalledOff(call) ? 'ended' : 'cancelled';
  }
}

/** Why the call is over for one user, told by what has become of it. */
export function endCauseOf(call: Call, userId: string): EndCause {
  if (isTerminal(call)) return call.endReason ?? 'hangup';
  switch (participantOf(call, userId)?.state) {
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
