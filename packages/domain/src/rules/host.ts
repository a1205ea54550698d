import { findParticipant, isInCall, isRinging, isTerminal, type Participant } from '../call.ts';
import type { HandOver, Mute, MuteAll, Remove } from '../commands.ts';
import { asLeft, type DecisionContext, removeFromCall } from '../decision-context.ts';
import { callEnded, callNotFound, notAllowed, type Refusal, refuse } from '../refusals.ts';
import { settle, update } from '../settle.ts';

function refuseUnlessHost(context: DecisionContext, userId: string): Refusal | null {
  const { call } = context;
  const participant = findParticipant(call, userId);
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

function switchOff(context: DecisionContext, participant: Participant, kind: Mute['kind']): void {
  const after = { ...participant, ...SWITCHED_OFF[kind] };
  const wasOn = {
    audio: participant.audioEnabled,
    video: participant.videoEnabled,
    screen: participant.screenSharing,
  }[kind];
  if (wasOn) context.emit({ name: 'call:participant_updated', participant: after });
  // Always mute in LiveKit: a client may report a state that is not true.
  context.effect({ name: 'mute', userId: participant.userId, kind });
}

export function mute(context: DecisionContext, { person, userId, kind }: Mute): Refusal | null {
  const refusal = refuseUnlessHost(context, person.userId);
  if (refusal !== null) return refusal;
  const participant = findParticipant(context.call, userId);
  if (participant === undefined || !isInCall(participant)) return notInCall;
  switchOff(context, participant, kind);
  return null;
}

export function muteAll(context: DecisionContext, { person }: MuteAll): Refusal | null {
  const refusal = refuseUnlessHost(context, person.userId);
  if (refusal !== null) return refusal;
  for (const participant of context.call.participants) {
    if (isInCall(participant) && participant.userId !== person.userId)
      switchOff(context, participant, 'audio');
  }
  return null;
}

function removeRinging(context: DecisionContext, participant: Participant, by: string): void {
  const exit = { at: context.now, cause: 'removed', by } as const;
  const removed = asLeft(context.call, participant, 'removed', exit);
  context.emit({ name: 'call:participant_left', participant: removed, reason: 'removed' });
}

/** Only an invite by the host brings a removed user back: docs/call-rules.md, Removed users. */
export function remove(context: DecisionContext, { person, userId }: Remove): Refusal | null {
  const refusal = refuseUnlessHost(context, person.userId);
  if (refusal !== null) return refusal;
  const participant = findParticipant(context.call, userId);
  if (userId === person.userId) {
    return refuse('INVALID_STATE', 'A host cannot remove themselves; leave the call instead.');
  }
  if (participant === undefined) return notInCall;
  if (participant.state === 'removed') {
    return refuse('INVALID_STATE', 'That user has already been removed.');
  }
  if (isInCall(participant)) removeFromCall(context, userId, 'removed', 'removed', person.userId);
  else if (isRinging(participant)) removeRinging(context, participant, person.userId);
  else {
    if (!participant.barred)
      context.updateInternally({ participant: { ...participant, barred: true } });
    context.effect({ name: 'remove_participant', userId });
  }
  settle(context);
  return null;
}

export function handOver(context: DecisionContext, { person, userId }: HandOver): Refusal | null {
  const refusal = refuseUnlessHost(context, person.userId);
  if (refusal !== null) return refusal;
  const participant = findParticipant(context.call, userId);
  if (participant === undefined || !isInCall(participant)) return notInCall;
  update(context, { hostId: userId });
  return null;
}
