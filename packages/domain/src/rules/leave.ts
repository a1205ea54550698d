import { isAnswered, isIn, isRung, isTerminal, participantOf } from '../call.ts';
import type { End, Leave } from '../commands.ts';
import { callNotFound, type Refusal, refuse } from '../refusals.ts';
import { finish, settle } from '../settle.ts';
import { type Turn, takeOut } from '../turn.ts';
import { declineRing } from './answer.ts';

export function leave(turn: Turn, { person }: Leave): Refusal | null {
  const participant = participantOf(turn.call, person.userId);
  if (participant === undefined) return callNotFound;
  if (isTerminal(turn.call)) return null;
  if (isRung(participant)) declineRing(turn, participant, 'declined');
  if (isIn(participant)) {
    takeOut(turn, person.userId, 'left', 'left', person.userId);
    settle(turn);
  }
  return null;
}

const onlyTheHostEnds = refuse('FORBIDDEN', 'Only the host ends a group call; you can leave it.');

/** The caller cancels, the rung one declines, either side of a direct call and a group's host end it. */
export function end(turn: Turn, { person }: End): Refusal | null {
  const { call } = turn;
  const participant = participantOf(call, person.userId);
  if (participant === undefined) return callNotFound;
  if (isTerminal(call)) return null;
  if (isRung(participant)) {
    declineRing(turn, participant, 'declined');
    return null;
  }
  if (!isIn(participant)) return onlyTheHostEnds;
  if (!isAnswered(call)) {
    finish(turn, 'cancelled', 'cancelled', person.userId);
    return null;
  }
  if (call.mode === 'direct') {
    finish(turn, 'ended', 'hangup', person.userId);
    return null;
  }
  if (call.hostId !== person.userId) return onlyTheHostEnds;
  finish(turn, 'ended', 'host_ended', person.userId);
  return null;
}

export function adminEnd(turn: Turn): Refusal | null {
  if (isTerminal(turn.call)) return null;
  finish(turn, isAnswered(turn.call) ? 'ended' : 'cancelled', 'admin_ended', null);
  return null;
}
