import type { DeclineReason } from '@ringline/contract/states';
import {
  findParticipant,
  isActive,
  isBarred,
  isInCall,
  isOnOtherDevice,
  isRinging,
  isTerminal,
  type Participant,
} from '../call.ts';
import type { AcknowledgeRing, Decline, Join } from '../commands.ts';
import { asLeft, type DecisionContext, withProfile } from '../decision-context.ts';
import {
  answeredElsewhere,
  callEnded,
  callerBusy,
  callNotFound,
  notAllowed,
  type Refusal,
  refuse,
} from '../refusals.ts';
import { settle } from '../settle.ts';
import { reconnected } from './device.ts';

/**
 * Moves the user to a device, and publishes it. No deadline is extended, but the grace period of
 * the previous device ends.
 */
export function bindDevice(
  context: DecisionContext,
  participant: Participant,
  deviceId: string | null,
): void {
  if (deviceId === null || participant.deviceId === deviceId) return;
  const bound = { ...reconnected(context.call, participant), deviceId };
  context.emit({ name: 'call:participant_updated', participant: bound });
}

export function acknowledgeRing(
  context: DecisionContext,
  { person }: AcknowledgeRing,
): Refusal | null {
  const participant = findParticipant(context.call, person.userId);
  if (participant === undefined) return callNotFound;
  if (isTerminal(context.call)) return callEnded;
  if (participant.state === 'removed') return notAllowed;
  if (!isActive(participant)) return refuse('INVALID_STATE', 'You are not ringing.');
  if (participant.state !== 'invited') return null;
  const ringing: Participant = {
    ...withProfile(participant, person),
    state: 'ringing',
    ringingAt: context.now,
  };
  context.emit({ name: 'call:ringing', participant: ringing });
  return null;
}

function accept(
  context: DecisionContext,
  participant: Participant,
  { person, deviceId }: Join,
): void {
  const { call, now } = context;
  const joining: Participant = {
    ...withProfile(participant, person),
    state: 'joining',
    leftAt: null,
    exit: null,
    deviceId,
    acceptedAt: now,
    deadline: now + call.timings.connectSeconds * 1000,
    audioEnabled: true,
    videoEnabled: call.type === 'video',
    screenSharing: false,
  };
  const answeredAt = call.answeredAt ?? now;
  context.emit({ name: 'call:accepted', participant: joining, deviceId, answeredAt });
  settle(context);
}

function fullWith(context: DecisionContext, participant: Participant): boolean {
  const others = context.call.participants.filter((one) => one !== participant && isActive(one));
  return others.length + 1 > context.call.maxParticipants;
}

const callFull = refuse('CALL_FULL', 'Every seat in this call is taken.');

/** Only groups can be rejoined: a direct call ends as soon as one user leaves. */
function refuseRejoin(
  context: DecisionContext,
  participant: Participant,
  command: Join,
): Refusal | null {
  if (!command.rejoin) return refuse('INVALID_STATE', 'You have left this call; rejoin it.');
  const claimedBy = command.busyUsers.get(participant.userId);
  if (claimedBy !== undefined) return callerBusy(claimedBy);
  return fullWith(context, participant) ? callFull : null;
}

/** Accepts, repeats an accept, takes over or rejoins, depending on the state of the user. */
export function join(context: DecisionContext, command: Join): Refusal | null {
  const participant = findParticipant(context.call, command.person.userId);
  if (participant === undefined) return callNotFound;
  if (isTerminal(context.call)) return callEnded;
  if (isBarred(participant)) return notAllowed;
  if (isInCall(participant)) {
    if (isOnOtherDevice(participant, command.deviceId) && !command.takeover)
      return answeredElsewhere;
    if (fullWith(context, participant)) return callFull;
    bindDevice(context, participant, command.deviceId);
    return null;
  }
  if (isRinging(participant)) {
    if (fullWith(context, participant)) return callFull;
  } else {
    const refusal = refuseRejoin(context, participant, command);
    if (refusal !== null) return refusal;
  }
  accept(context, participant, command);
  return null;
}

/** Declines by `decline`, or by `leave` or `end` while ringing. */
export function declineRing(
  context: DecisionContext,
  participant: Participant,
  reason: DeclineReason,
): void {
  const exit = { at: context.now, cause: reason, by: participant.userId };
  const declined = asLeft(context.call, participant, reason, exit);
  context.emit({ name: 'call:declined', participant: declined, reason });
  settle(context);
}

export function decline(context: DecisionContext, command: Decline): Refusal | null {
  const participant = findParticipant(context.call, command.person.userId);
  if (participant === undefined) return callNotFound;
  if (isTerminal(context.call)) return null;
  if (isInCall(participant)) {
    return isOnOtherDevice(participant, command.deviceId)
      ? answeredElsewhere
      : refuse('INVALID_STATE', 'You are in this call already; leave it.');
  }
  if (isRinging(participant)) {
    declineRing(context, withProfile(participant, command.person), command.reason);
  }
  return null;
}
