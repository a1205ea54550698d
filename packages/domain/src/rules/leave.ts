import { findParticipant, isAnswered, isInCall, isRinging, isTerminal } from '../call.ts';
import type { End, Leave } from '../commands.ts';
import { type DecisionContext, removeFromCall } from '../decision-context.ts';
import { callNotFound, type Refusal, refuse } from '../refusals.ts';
import { finish, settle } from '../settle.ts';
import { declineRing } from './answer.ts';

export function leave(context: DecisionContext, { person }: Leave): Refusal | null {
  const participant = findParticipant(context.call, person.userId);
  if (participant === undefined) return callNotFound;
  if (isTerminal(context.call)) return null;
  if (isRinging(participant)) declineRing(context, participant, 'declined');
  if (isInCall(participant)) {
    removeFromCall(context, person.userId, 'left', 'left', person.userId);
    settle(context);
  }
  return null;
}

const onlyTheHostEnds = refuse(
  'FORBIDDEN',
  'Only the host can end a group call; you can leave it.',
);

/**
 * Cancels before the first answer, declines while ringing, and ends a direct call for either user
 * or a group for its host.
 */
export function end(context: DecisionContext, { person }: End): Refusal | null {
  const { call } = context;
  const participant = findParticipant(call, person.userId);
  if (participant === undefined) return callNotFound;
  if (isTerminal(call)) return null;
  if (isRinging(participant)) {
    declineRing(context, participant, 'declined');
    return null;
  }
  if (!isInCall(participant)) return onlyTheHostEnds;
  if (!isAnswered(call)) {
    finish(context, 'cancelled', 'cancelled', person.userId);
    return null;
  }
  if (call.mode === 'direct') {
    finish(context, 'ended', 'hangup', person.userId);
    return null;
  }
  if (call.hostId !== person.userId) return onlyTheHostEnds;
  finish(context, 'ended', 'host_ended', person.userId);
  return null;
}

export function forceEnd(context: DecisionContext): Refusal | null {
  if (isTerminal(context.call)) return null;
  finish(context, isAnswered(context.call) ? 'ended' : 'cancelled', 'admin_ended', null);
  return null;
}
