import {
  type Call,
  findParticipant,
  type Instant,
  isAnswered,
  isInCall,
  isOnOtherDevice,
  isTerminal,
  type Participant,
} from '../call.ts';
import type { DeviceConnected, DeviceDisconnected } from '../commands.ts';
import type { DecisionContext } from '../decision-context.ts';
import type { Refusal } from '../refusals.ts';

function getGraceMs({ timings }: Call): number {
  return timings.graceSeconds * 1000;
}

/** The initiator of an unanswered call, if the device may be the one with which they are in it. */
function unansweredInitiator(
  { call }: DecisionContext,
  { userId, deviceId }: DeviceConnected | DeviceDisconnected,
): Participant | null {
  if (userId !== call.initiatorId || isAnswered(call) || isTerminal(call)) return null;
  const initiator = findParticipant(call, userId);
  if (initiator === undefined || !isInCall(initiator)) return null;
  return isOnOtherDevice(initiator, deviceId) ? null : initiator;
}

/**
 * Until the first answer, a call waits for its initiator only as long as they have a socket or media. Without either
 * it is cancelled when the grace period is over. Half of it is always left, in which another process can say that
 * the device is back: this command may come late.
 */
export function deviceDisconnected(
  context: DecisionContext,
  command: DeviceDisconnected,
): Refusal | null {
  const initiator = unansweredInitiator(context, command);
  if (initiator === null || initiator.disconnectedAt !== null) return null;
  const { call, now } = context;
  const silentMs = Math.min(command.silentMs, getGraceMs(call) / 2, now - call.createdAt);
  const disconnectedAt = now - silentMs;
  // One who is `joined` or `reconnecting` has media, or the grace period for them.
  const deadline =
    initiator.state === 'joining' ? disconnectedAt + getGraceMs(call) : initiator.deadline;
  context.updateInternally({ participant: { ...initiator, disconnectedAt, deadline } });
  return null;
}

/** The participant with a device that has a socket, as far as anybody knows. */
export function reconnected(call: Call, participant: Participant): Participant {
  if (participant.disconnectedAt === null) return participant;
  const waitsForDevice = participant.state === 'joining' && !isAnswered(call);
  return {
    ...participant,
    disconnectedAt: null,
    deadline: waitsForDevice ? null : participant.deadline,
  };
}

export function deviceConnected(
  context: DecisionContext,
  command: DeviceConnected,
): Refusal | null {
  const initiator = unansweredInitiator(context, command);
  if (initiator === null || initiator.disconnectedAt === null) return null;
  context.updateInternally({ participant: reconnected(context.call, initiator) });
  return null;
}

/**
 * When the grace period of a participant ends whose media are lost now. LiveKit notices a dead machine after some
 * twenty seconds; if the device has had no socket for the grace period by then, nothing is left to wait for.
 */
export function mediaGraceEndsAt(
  { call, now }: DecisionContext,
  { disconnectedAt }: Participant,
  timedOut: boolean,
): Instant {
  return timedOut && disconnectedAt !== null && !isAnswered(call)
    ? Math.max(now, disconnectedAt + getGraceMs(call))
    : now + getGraceMs(call);
}
