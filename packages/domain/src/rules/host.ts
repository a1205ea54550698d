import { isIn, isRung, isTerminal, type Participant, participantOf } from '../call.ts';
import type { HandOver, Mute, MuteAll, Remove } from '../commands.ts';
import { callEnded, callNotFound, notAllowed, type Refusal, refuse } from '../refusals.ts';
import { settle, update } from '../settle.ts';
import { gone, type Turn, takeOut } from '../turn.ts';

function refuseUnlessHost(turn: Turn, userId: string): Refusal | null {
  const { call } = turn;
  const participant = participantOf(call, userId);
  if (participant === undefined) return callNotFound;
  if (isTerminal(call)) return callEnded;
  if (participant.state === 'removed') return notAllowed;
  if (call.mode === 'direct') return refuse('INVALID_STATE', 'A direct call has no host.');
  return call.hostId === userId ? null : refuse('FORBIDDEN', 'Only the host may do that.');
}

const notInCall = refuse('INVALID_STATE', 'That user is not in this call.');

const SWITCHED_OFF = {
  audio: { audioEnabled: false },
  video: { videoEnabled: false },
  screen: { screenSharing: false },
} as const;

function silence(turn: Turn, participant: Participant, kind: Mute['kind']): void {
  const after = { ...participant, ...SWITCHED_OFF[kind] };
  const was = {
    audio: participant.audioEnabled,
    video: participant.videoEnabled,
    screen: participant.screenSharing,
  }[kind];
  if (was) turn.emit({ name: 'call:participant_updated', participant: after });
  // LiveKit is told in any case: what the client says of itself need not be so.
  turn.effect({ name: 'mute', userId: participant.userId, kind });
}

export function mute(turn: Turn, { person, userId, kind }: Mute): Refusal | null {
  const refusal = refuseUnlessHost(turn, person.userId);
  if (refusal !== null) return refusal;
  const participant = participantOf(turn.call, userId);
  if (participant === undefined || !isIn(participant)) return notInCall;
  silence(turn, participant, kind);
  return null;
}

export function muteAll(turn: Turn, { person }: MuteAll): Refusal | null {
  const refusal = refuseUnlessHost(turn, person.userId);
  if (refusal !== null) return refusal;
  for (const participant of turn.call.participants) {
    if (isIn(participant) && participant.userId !== person.userId)
      silence(turn, participant, 'audio');
  }
  return null;
}

function removeFromRing(turn: Turn, participant: Participant, by: string): void {
  const exit = { at: turn.now, cause: 'removed', by } as const;
  const removed = gone(turn.call, participant, 'removed', exit);
  turn.emit({ name: 'call:participant_left', participant: removed, reason: 'removed' });
}

/** Removed users stay removed: only the host's invite brings them back (STATES.md, Removed). */
export function remove(turn: Turn, { person, userId }: Remove): Refusal | null {
  const refusal = refuseUnlessHost(turn, person.userId);
  if (refusal !== null) return refusal;
  const participant = participantOf(turn.call, userId);
  if (userId === person.userId) {
    return refuse('INVALID_STATE', 'A host cannot remove themselves; leave the call instead.');
  }
  if (participant === undefined) return notInCall;
  if (participant.state === 'removed') {
    return refuse('INVALID_STATE', 'That user was removed already.');
  }
  if (isIn(participant)) takeOut(turn, userId, 'removed', 'removed', person.userId);
  else if (isRung(participant)) removeFromRing(turn, participant, person.userId);
  else {
    if (!participant.barred) turn.note({ participant: { ...participant, barred: true } });
    turn.effect({ name: 'evict', userId });
  }
  settle(turn);
  return null;
}

export function handOver(turn: Turn, { person, userId }: HandOver): Refusal | null {
  const refusal = refuseUnlessHost(turn, person.userId);
  if (refusal !== null) return refusal;
  const participant = participantOf(turn.call, userId);
  if (participant === undefined || !isIn(participant)) return notInCall;
  update(turn, { hostId: userId });
  return null;
}
