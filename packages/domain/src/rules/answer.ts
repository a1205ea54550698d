import {
  isIn,
  isLive,
  isRung,
  isShutOut,
  isTerminal,
  type Participant,
  participantOf,
} from '../call.ts';
import type { AcknowledgeRing, Decline, Join } from '../commands.ts';
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
import { gone, introduced, type Turn } from '../turn.ts';
import { reconnected } from './device.ts';

/** Whether this device may act as the one in the call: a request that names none is held to none. */
export function isOtherDevice(participant: Participant, deviceId: string | null): boolean {
  return participant.deviceId !== null && deviceId !== null && participant.deviceId !== deviceId;
}

/**
 * Binds the call to a device, which all devices of the user hear of; no deadline is extended by it, but that of a device that it
 * is not bound to any more.
 */
export function bindDevice(turn: Turn, participant: Participant, deviceId: string | null): void {
  if (deviceId === null || participant.deviceId === deviceId) return;
  const bound = { ...reconnected(turn.call, participant), deviceId };
  turn.emit({ name: 'call:participant_updated', participant: bound });
}

export function acknowledgeRing(turn: Turn, { person }: AcknowledgeRing): Refusal | null {
  const participant = participantOf(turn.call, person.userId);
  if (participant === undefined) return callNotFound;
  if (isTerminal(turn.call)) return callEnded;
  if (participant.state === 'removed') return notAllowed;
  if (!isLive(participant)) return refuse('INVALID_STATE', 'You are not being rung.');
  if (participant.state !== 'invited') return null;
  const ringing: Participant = {
    ...introduced(participant, person),
    state: 'ringing',
    ringingAt: turn.now,
  };
  turn.emit({ name: 'call:ringing', participant: ringing });
  return null;
}

function accept(turn: Turn, participant: Participant, { person, deviceId }: Join): void {
  const { call, now } = turn;
  const joining: Participant = {
    ...introduced(participant, person),
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
  turn.emit({ name: 'call:accepted', participant: joining, deviceId, answeredAt });
  settle(turn);
}

function fullWith(turn: Turn, participant: Participant): boolean {
  const others = turn.call.participants.filter((one) => one !== participant && isLive(one));
  return others.length + 1 > turn.call.maxParticipants;
}

const callFull = refuse('CALL_FULL', 'Every seat in this call is taken.');

/** Of a group, since a direct call is over as soon as one is out of it. */
function refuseRejoin(turn: Turn, participant: Participant, command: Join): Refusal | null {
  if (!command.rejoin) return refuse('INVALID_STATE', 'You are out of this call; rejoin it.');
  const claimedBy = command.claims.get(participant.userId);
  if (claimedBy !== undefined) return callerBusy(claimedBy);
  return fullWith(turn, participant) ? callFull : null;
}

/** Accept, ask again, take over, rejoin: what it is depends on where the user stands. */
export function join(turn: Turn, command: Join): Refusal | null {
  const participant = participantOf(turn.call, command.person.userId);
  if (participant === undefined) return callNotFound;
  if (isTerminal(turn.call)) return callEnded;
  if (isShutOut(participant)) return notAllowed;
  if (isIn(participant)) {
    if (isOtherDevice(participant, command.deviceId) && !command.takeover) return answeredElsewhere;
    if (fullWith(turn, participant)) return callFull;
    bindDevice(turn, participant, command.deviceId);
    return null;
  }
  if (isRung(participant)) {
    if (fullWith(turn, participant)) return callFull;
  } else {
    const refusal = refuseRejoin(turn, participant, command);
    if (refusal !== null) return refusal;
  }
  accept(turn, participant, command);
  return null;
}

/** A decline, by `decline` itself or by leaving or ending while one is rung. */
export function declineRing(
  turn: Turn,
  participant: Participant,
  reason: 'declined' | 'busy',
): void {
  const exit = { at: turn.now, cause: reason, by: participant.userId };
  const declined = gone(turn.call, participant, reason, exit);
  turn.emit({ name: 'call:declined', participant: declined, reason });
  settle(turn);
}

export function decline(turn: Turn, command: Decline): Refusal | null {
  const participant = participantOf(turn.call, command.person.userId);
  if (participant === undefined) return callNotFound;
  if (isTerminal(turn.call)) return null;
  if (isIn(participant)) {
    return isOtherDevice(participant, command.deviceId)
      ? answeredElsewhere
      : refuse('INVALID_STATE', 'You are in this call already; leave it.');
  }
  if (isRung(participant)) {
    declineRing(turn, introduced(participant, command.person), command.reason);
  }
  return null;
}
