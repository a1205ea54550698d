import { activeUserIds, type Call, type Instant } from './call.ts';
import type { Start } from './commands.ts';
import { beginDecision } from './decision-context.ts';
import type { CallEvent } from './events.ts';
import { evolve } from './evolve.ts';
import { initiatorParticipant, invitedParticipant } from './invitation.ts';
import { callerBusy, type Refusal, refuse } from './refusals.ts';
import { finish } from './settle.ts';

function initiatingCall(command: Start, now: Instant): Call {
  const { initiator, busyUsers, timings } = command;
  const invitees = command.participantIds.map((userId) =>
    invitedParticipant(userId, undefined, {
      state: busyUsers.has(userId) ? 'busy' : 'invited',
      invitedBy: initiator.userId,
      at: now,
      ringSeconds: timings.ringSeconds,
      type: command.type,
    }),
  );
  return {
    id: command.callId,
    roomName: command.roomName,
    type: command.type,
    mode: command.mode,
    state: 'initiating',
    initiatorId: initiator.userId,
    hostId: command.mode === 'group' ? initiator.userId : null,
    conversationId: command.conversationId,
    metadata: command.metadata,
    seq: 1,
    maxParticipants: command.maxParticipants,
    timings,
    createdAt: now,
    answeredAt: null,
    connectedAt: null,
    endedAt: null,
    endReason: null,
    endedBy: null,
    soloExpiresAt: null,
    warnedFor: null,
    lastExit: null,
    participants: [
      initiatorParticipant(initiator, command.deviceId, now, command.type),
      ...invitees,
    ],
  };
}

/** Decides a start. A refusal with events records a call that is over at once. */
export function start(
  command: Start,
  now: Instant,
): { call: Call | null; events: CallEvent[]; refusal: Refusal | null } {
  const claimedBy = command.busyUsers.get(command.initiator.userId);
  if (claimedBy !== undefined) return { call: null, events: [], refusal: callerBusy(claimedBy) };
  const call = initiatingCall(command, now);
  if (activeUserIds(call).length > command.maxParticipants) {
    const refusal = refuse('CALL_FULL', `A call has at most ${command.maxParticipants} seats.`);
    return { call: null, events: [], refusal };
  }
  const started: CallEvent = { name: 'call:started', seq: 1, at: now, call };
  const context = beginDecision(evolve(null, started), now);
  const events = (): CallEvent[] => [started, ...context.events];
  if (command.mediaRefused) {
    finish(context, 'failed', 'media_failure', null);
    const refusal = refuse('MEDIA_UNAVAILABLE', 'The media server does not answer.');
    return { call: context.call, events: events(), refusal };
  }
  if (call.participants.every(({ state }) => state !== 'invited')) {
    finish(context, 'busy', 'busy', null);
    const refusal = {
      ...refuse('USER_BUSY', 'Everyone invited is in another call.'),
      callId: call.id,
    };
    return { call: context.call, events: events(), refusal };
  }
  context.emit({ name: 'call:state_changed', state: 'ringing', previous: 'initiating' });
  return { call: context.call, events: events(), refusal: null };
}

/** Whether both users of a direct call started it: `existing` rings the one who starts now. */
export function isGlare(existing: Call, command: Start): boolean {
  return (
    command.mode === 'direct' &&
    existing.mode === 'direct' &&
    existing.state === 'ringing' &&
    existing.initiatorId === command.participantIds[0] &&
    existing.participants.some(({ userId }) => userId === command.initiator.userId)
  );
}
