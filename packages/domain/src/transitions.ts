import type { CallState, ParticipantState } from './call.ts';

/**
 * Every legal transition. `evolve` enforces it, the matrix tests cover it, and ARCHITECTURE.md
 * draws it.
 */
export const callTransitions: Record<CallState, readonly CallState[]> = {
  initiating: ['ringing', 'busy', 'failed'],
  ringing: ['connecting', 'cancelled', 'missed', 'declined', 'busy'],
  connecting: ['connected', 'ended', 'failed'],
  connected: ['reconnecting', 'ended'],
  reconnecting: ['connected', 'ended'],
  ended: [],
  failed: [],
  busy: [],
  declined: [],
  missed: [],
  cancelled: [],
};

const REINVITED: readonly ParticipantState[] = ['invited', 'busy', 'joining'];

export const participantTransitions: Record<ParticipantState, readonly ParticipantState[]> = {
  invited: ['ringing', 'joining', 'declined', 'busy', 'missed', 'removed', 'cancelled'],
  ringing: ['joining', 'declined', 'busy', 'missed', 'removed', 'cancelled'],
  joining: ['joined', 'left', 'removed'],
  joined: ['reconnecting', 'left', 'removed'],
  reconnecting: ['joined', 'left', 'removed'],
  left: REINVITED,
  declined: REINVITED,
  missed: REINVITED,
  busy: ['invited', 'joining'],
  // Only the end of the call cancels a ring.
  cancelled: [],
  removed: ['invited', 'busy'],
};
