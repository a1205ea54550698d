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

/** What API.md shows of a participant; their role follows from the call's `hostId`. */
function shownParticipant(one: Participant) {
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

/** What API.md shows of a call. */
function shownCall(call: Call) {
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
    participants: call.participants.map(shownParticipant),
  };
}
type ShownCall = ReturnType<typeof shownCall>;

type ShownParticipant = ShownCall['participants'][number];
type ParticipantEvent = Extract<NumberedEvent, { participant: Participant }>['name'];

/** What API.md lets an event carry that a client needs, and no more. */
type ShownEvent = { seq: number; at: Instant } & (
  | { name: 'call:started'; call: ShownCall }
  | { name: 'call:ended'; call: ShownCall }
  | { name: 'call:updated'; mode: CallMode; hostId: string | null; expiresAt: Instant | null }
  | { name: 'call:state_changed'; state: CallState }
  | { name: 'call:accepted'; participant: ShownParticipant; answeredAt: Instant }
  | { name: Exclude<ParticipantEvent, 'call:accepted'>; participant: ShownParticipant }
);

function shownEvent(event: NumberedEvent): ShownEvent {
  const { seq, at } = event;
  switch (event.name) {
    case 'call:started':
    case 'call:ended':
      return { name: event.name, seq, at, call: shownCall(event.call) };
    case 'call:updated': {
      const { name, mode, hostId, expiresAt } = event;
      return { name, seq, at, mode, hostId, expiresAt };
    }
    case 'call:state_changed':
      return { name: event.name, seq, at, state: event.state };
    case 'call:accepted': {
      const { name, answeredAt } = event;
      return { name, seq, at, answeredAt, participant: shownParticipant(event.participant) };
    }
    default:
      return { name: event.name, seq, at, participant: shownParticipant(event.participant) };
  }
}

function withParticipant(
  { participants }: ShownCall,
  participant: ShownParticipant,
): Pick<ShownCall, 'participants'> {
  return {
    participants: participants.some(({ userId }) => userId === participant.userId)
      ? participants.map((one) => (one.userId === participant.userId ? participant : one))
      : [...participants, participant],
  };
}

/** A client that knows a call and hears one more event of it. */
function hear(call: ShownCall | null, event: ShownEvent): ShownCall {
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

function listen(call: ShownCall | null, events: readonly NumberedEvent[]): ShownCall | null {
  return events.map(shownEvent).reduce<ShownCall | null>(hear, call);
}

describe('a client that sees only what is public of a call', () => {
  it('has exactly that call, from its start on', () => {
    holdsAlways((story) => {
      const last = callsOf(story).at(-1);
      const heard = listen(null, eventsOf(story).filter(isNumbered));
      expect(heard).toEqual(last === undefined ? null : shownCall(last));
    });
  });

  it('has exactly that call, from whichever snapshot on', () => {
    holdsAlways(({ steps }) => {
      for (const { before, decision } of steps) {
        const heard = listen(shownCall(before), decision.events.filter(isNumbered));
        expect(heard).toEqual(shownCall(decision.call));
      }
    });
  });
});
