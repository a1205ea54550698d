import type { CallState, EndReason, ParticipantState, RingStopCause } from './states.ts';

interface Ending {
  state: CallState;
  endReason: EndReason | null;
}

/** Whether the initiator cancelled the call, or lost the connection before it was answered. */
function isCalledOff({ state, endReason }: Ending): boolean {
  return state === 'cancelled' && (endReason === 'cancelled' || endReason === 'connection_lost');
}

/** Derives why a call stopped ringing for a user from the call and the user's state afterwards. */
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
