import type * as wire from '@ringline/contract';
import { hashDevice } from '@ringline/contract';
import {
  type Call,
  type CallEvent,
  evolve,
  getDurationSeconds,
  getExpiresAt,
  type Instant,
  isNumbered,
  type NumberedEvent,
  type Participant,
} from '@ringline/domain';

function iso(instant: Instant): string {
  return new Date(instant).toISOString();
}
function isoOrNull(instant: Instant | null): string | null {
  return instant === null ? null : iso(instant);
}

/** The public form of a participant, without the private fields. */
export function toWireParticipant(call: Call, participant: Participant): wire.Participant {
  return {
    userId: participant.userId,
    name: participant.name,
    picture: participant.picture,
    role: participant.userId === call.hostId ? 'host' : 'participant',
    state: participant.state,
    audioEnabled: participant.audioEnabled,
    videoEnabled: participant.videoEnabled,
    screenSharing: participant.screenSharing,
    deviceHash:
      participant.deviceId === null
        ? null
        : hashDevice(call.id, participant.userId, participant.deviceId),
    invitedBy: participant.invitedBy,
    invitedAt: iso(participant.invitedAt),
    ringingAt: isoOrNull(participant.ringingAt),
    ringExpiresAt: isoOrNull(participant.ringExpiresAt),
    joinedAt: isoOrNull(participant.joinedAt),
    leftAt: isoOrNull(participant.leftAt),
    durationSeconds: Math.floor(participant.stayedMs / 1000),
  };
}

/** The public form of a call. */
export function toWireCall(call: Call): wire.Call {
  return {
    id: call.id,
    type: call.type,
    mode: call.mode,
    state: call.state,
    initiatorId: call.initiatorId,
    hostId: call.hostId,
    conversationId: call.conversationId,
    metadata: call.metadata,
    seq: call.seq,
    maxParticipants: call.maxParticipants,
    createdAt: iso(call.createdAt),
    answeredAt: isoOrNull(call.answeredAt),
    connectedAt: isoOrNull(call.connectedAt),
    endedAt: isoOrNull(call.endedAt),
    expiresAt: isoOrNull(getExpiresAt(call)),
    durationSeconds: getDurationSeconds(call),
    endReason: call.endReason,
    endedBy: call.endedBy,
    participants: call.participants.map((one) => toWireParticipant(call, one)),
  };
}

function toDetails(call: Call, event: NumberedEvent): object {
  switch (event.name) {
    case 'call:started':
      return { call: toWireCall(event.call) };
    case 'call:updated':
      return { mode: event.mode, hostId: event.hostId, expiresAt: isoOrNull(event.expiresAt) };
    case 'call:state_changed':
      return { state: event.state, previous: event.previous };
    case 'call:ended':
      return {
        state: event.state,
        reason: event.reason,
        endedBy: event.endedBy,
        durationSeconds: getDurationSeconds(event.call),
        call: toWireCall(event.call),
      };
    default: {
      const about = {
        userId: event.participant.userId,
        participant: toWireParticipant(call, event.participant),
      };
      if (event.name === 'call:accepted') {
        return { ...about, deviceId: event.deviceId, answeredAt: iso(event.answeredAt) };
      }
      const reason = 'reason' in event ? { reason: event.reason } : {};
      return { ...about, ...reason };
    }
  }
}

function toWireEvent(call: Call, event: NumberedEvent): wire.CallEvent {
  return {
    event: event.name,
    callId: call.id,
    seq: event.seq,
    at: iso(event.at),
    ...toDetails(call, event),
  } as wire.CallEvent;
}

/** The public form of the numbered events, each with the call as it was right after it. */
export function toWireEvents(before: Call | null, events: readonly CallEvent[]): wire.CallEvent[] {
  const wireEvents: wire.CallEvent[] = [];
  let call = before;
  for (const event of events) {
    call = evolve(call, event);
    if (isNumbered(event)) wireEvents.push(toWireEvent(call, event));
  }
  return wireEvents;
}
