import { describe, expect, it } from '@jest/globals';
import {
  type Call,
  type CallMode,
  type CallState,
  getDurationSeconds,
  getExpiresAt,
  type Instant,
  isNumbered,
  type NumberedEvent,
  type Participant,
} from '@ringline/domain';
import { callsOf, eventsOf, holdsAlways } from './runs.ts';

/** The public fields of a participant. The role follows from the call's `hostId`. */
function toPublicParticipant(one: Participant) {
  return {
    userId: one.userId,
    name: one.name,
    picture: one.picture,
    state: one.state,
    audioEnabled: one.audioEnabled,
    videoEnabled: one.videoEnabled,
    screenSharing: one.screenSharing,
    invitedBy: one.invitedBy,
    invitedAt: one.invitedAt,
    ringingAt: one.ringingAt,
    ringExpiresAt: one.ringExpiresAt,
    joinedAt: one.joinedAt,
    leftAt: one.leftAt,
    durationSeconds: Math.floor(one.stayedMs / 1000),
  };
}

/** The public fields of a call. */
function toPublicCall(call: Call) {
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
    createdAt: call.createdAt,
    answeredAt: call.answeredAt,
    connectedAt: call.connectedAt,
    endedAt: call.endedAt,
    expiresAt: getExpiresAt(call),
    durationSeconds: getDurationSeconds(call),
    endReason: call.endReason,
    endedBy: call.endedBy,
    participants: call.participants.map(toPublicParticipant),
  };
}
type PublicCall = ReturnType<typeof toPublicCall>;

type PublicParticipant = PublicCall['participants'][number];
type ParticipantEvent = Extract<NumberedEvent, { participant: Participant }>['name'];

/** The fields of each published event that a client needs. */
type PublicEvent = { seq: number; at: Instant } & (
  | { name: 'call:started'; call: PublicCall }
  | { name: 'call:ended'; call: PublicCall }
  | { name: 'call:updated'; mode: CallMode; hostId: string | null; expiresAt: Instant | null }
  | { name: 'call:state_changed'; state: CallState }
  | { name: 'call:accepted'; participant: PublicParticipant; answeredAt: Instant }
  | { name: Exclude<ParticipantEvent, 'call:accepted'>; participant: PublicParticipant }
);

function toPublicEvent(event: NumberedEvent): PublicEvent {
  const { seq, at } = event;
  switch (event.name) {
    case 'call:started':
    case 'call:ended':
      return { name: event.name, seq, at, call: toPublicCall(event.call) };
    case 'call:updated': {
      const { name, mode, hostId, expiresAt } = event;
      return { name, seq, at, mode, hostId, expiresAt };
    }
    case 'call:state_changed':
      return { name: event.name, seq, at, state: event.state };
    case 'call:accepted': {
      const { name, answeredAt } = event;
      return { name, seq, at, answeredAt, participant: toPublicParticipant(event.participant) };
    }
    default:
      return { name: event.name, seq, at, participant: toPublicParticipant(event.participant) };
  }
}

function withParticipant(
  { participants }: PublicCall,
  participant: PublicParticipant,
): Pick<PublicCall, 'participants'> {
  return {
    participants: participants.some(({ userId }) => userId === participant.userId)
      ? participants.map((one) => (one.userId === participant.userId ? participant : one))
      : [...participants, participant],
  };
}

/** Applies one event as a client does. */
function applyPublic(call: PublicCall | null, event: PublicEvent): PublicCall {
  if (event.name === 'call:started' || event.name === 'call:ended') return event.call;
  if (call === null) throw new Error('an event of a call that never started');
  const { seq } = event;
  switch (event.name) {
    case 'call:updated': {
      const { mode, hostId, expiresAt } = event;
      return { ...call, seq, mode, hostId, expiresAt };
    }
    case 'call:state_changed': {
      const { state, at } = event;
      const connectedAt = state === 'connected' ? (call.connectedAt ?? at) : call.connectedAt;
      return { ...call, seq, state, connectedAt };
    }
    case 'call:accepted':
      return {
        ...call,
        ...withParticipant(call, event.participant),
        seq,
        answeredAt: event.answeredAt,
      };
    default:
      return { ...call, ...withParticipant(call, event.participant), seq };
  }
}

function applyAll(call: PublicCall | null, events: readonly NumberedEvent[]): PublicCall | null {
  return events.map(toPublicEvent).reduce<PublicCall | null>(applyPublic, call);
}

describe('a client that applies the published events', () => {
  it('has exactly the public call, from its start on', () => {
    holdsAlways((story) => {
      const last = callsOf(story).at(-1);
      const rebuilt = applyAll(null, eventsOf(story).filter(isNumbered));
      expect(rebuilt).toEqual(last === undefined ? null : toPublicCall(last));
    });
  });

  it('has exactly the public call, from any snapshot on', () => {
    holdsAlways(({ steps }) => {
      for (const { before, decision } of steps) {
        const rebuilt = applyAll(toPublicCall(before), decision.events.filter(isNumbered));
        expect(rebuilt).toEqual(toPublicCall(decision.call));
      }
    });
  });
});
