import type { Call, CallState, Participant, ParticipantState } from '@ringline/contract';

const RUNG: readonly ParticipantState[] = ['invited', 'ringing'];
const IN: readonly ParticipantState[] = ['joining', 'joined', 'reconnecting'];
const LIVE: readonly CallState[] = [
  'initiating',
  'ringing',
  'connecting',
  'connected',
  'reconnecting',
];

/**
 * A call as one device sees it: `incoming` it rings for this user, `outgoing` we wait for an answer,
 * `elsewhere` this user is in it on another device, `over` it goes on without this user or not at all.
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

export function participantOf(call: Call, userId: string): Participant | undefined {
  return call.participants.find((participant) => participant.userId === userId);
}

function isRung(call: Call, userId: string): boolean {
  const participant = participantOf(call, userId);
  return !isTerminal(call) && participant !== undefined && RUNG.includes(participant.state);
}

export function isIn(call: Call, userId: string): boolean {
  const participant = participantOf(call, userId);
  return !isTerminal(call) && participant !== undefined && IN.includes(participant.state);
}

/** `here`: this device is the one with which the user is in the call. */
export function stageOf(call: Call, userId: string, here: boolean): CallStage {
  if (isRung(call, userId)) return 'incoming';
  if (!isIn(call, userId)) return 'over';
  if (!here) return 'elsewhere';
  if (call.state === 'initiating' || call.state === 'ringing') return 'outgoing';
  if (participantOf(call, userId)?.state === 'reconnecting') return 'reconnecting';
  if (call.state === 'connected' || call.state === 'reconnecting') return call.state;
  return 'connecting';
}
