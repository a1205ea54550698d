import type { CallState, EndReason, ParticipantState, RingStopCause } from './states.ts';

interface Ending {
  state: CallState;
  endReason: EndReason | null;
}

/** Cancelled by the initiator, or ended since the initiator was lost before any answer. */
function isCalledOff({ state, endReason }: Ending): boolean {
  return state === 'cancelled' && (endReason === 'cancelled' || endReason === 'connection_lost');
}

/** Why a call stops ringing for a user, from the call and the user's state in it afterwards. */
export function getRingStopCause(
  call: Ending,
  participantState: ParticipantState | undefined,
): RingStopCause {
  switch (participantState) {
    case 'joining':
    case 'joined':
    case 'reconnecting':
      return 'answered_elsewhere';
    case 'declined':
    case 'busy':
      return 'declined_elsewhere';
    case 'missed':
      return 'timeout';
    case 'removed':
      return 'cancelled';
    default:
      return call.endReason === null || isCalledOff(call) ? 'cancelled' : 'ended';
  }
}
