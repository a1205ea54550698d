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

/** The initiator of an unanswered call, if they may be in it on this device. */
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
 * Until the first answer, an initiator without a socket and without media only has the grace
 * period; then the call is cancelled. This command may come late, so at least half of the period is
 * left for another process to report that the device is back.
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
  // A `joined` initiator has media; a `reconnecting` one has the grace period of their media.
  const deadline =
    initiator.state === 'joining' ? disconnectedAt + getGraceMs(call) : initiator.deadline;
  context.updateInternally({ participant: { ...initiator, disconnectedAt, deadline } });
  return null;
}

/** The participant as if their device never lost its socket. */
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
 * When the grace period ends for a participant whose media session is lost now. LiveKit notices a
 * dead machine after about twenty seconds. If the device has had no socket for the whole grace
 * period by then, the period is over.
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
