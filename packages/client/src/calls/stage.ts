import type { Call, CallState, Participant, ParticipantState } from '@ringline/contract';

const RINGING: readonly ParticipantState[] = ['invited', 'ringing'];
const IN_CALL: readonly ParticipantState[] = ['joining', 'joined', 'reconnecting'];
const LIVE: readonly CallState[] = [
  'initiating',
  'ringing',
  'connecting',
  'connected',
  'reconnecting',
];

/**
 * A call from the view of one device: `incoming` rings for this user, `outgoing` waits for an
 * answer, `elsewhere` has the user on another device, `over` goes on without this user or not at
 * all.
 */
export type CallStage =
  | 'incoming'
  | 'outgoing'
  | 'connecting'
  | 'connected'
  | 'reconnecting'
  | 'elsewhere'
  | 'over';

export function isTerminal(call: Call): boolean {
  return !LIVE.includes(call.state);
}

export function findParticipant(call: Call, userId: string): Participant | undefined {
  return call.participants.find((participant) => participant.userId === userId);
}

function isInOneOf(states: readonly ParticipantState[], call: Call, userId: string): boolean {
  const participant = findParticipant(call, userId);
  return !isTerminal(call) && participant !== undefined && states.includes(participant.state);
}

export function isInCall(call: Call, userId: string): boolean {
  return isInOneOf(IN_CALL, call, userId);
}

/** `here`: the user is in the call on this device. */
export function getStage(call: Call, userId: string, here: boolean): CallStage {
  if (isInOneOf(RINGING, call, userId)) return 'incoming';
  if (!isInCall(call, userId)) return 'over';
  if (!here) return 'elsewhere';
  if (call.state === 'initiating' || call.state === 'ringing') return 'outgoing';
  if (findParticipant(call, userId)?.state === 'reconnecting') return 'reconnecting';
  if (call.state === 'connected' || call.state === 'reconnecting') return call.state;
  return 'connecting';
}
