import {
  type Call,
  type CallState,
  findParticipant,
  hasLeft,
  isInCall,
  type Participant,
} from './call.ts';
import type { CallEvent } from './events.ts';
import { callTransitions, participantTransitions } from './transitions.ts';

function assertLegal(legal: boolean, what: string, from: string, to: string): void {
  if (!legal) throw new Error(`illegal ${what} transition: ${from} -> ${to}`);
}

function assertCallTransition(from: CallState, to: CallState): void {
  assertLegal(from === to || callTransitions[from].includes(to), 'call', from, to);
}

function withParticipant(call: Call, participant: Participant): Call {
  const before = findParticipant(call, participant.userId);
  if (before === undefined) return { ...call, participants: [...call.participants, participant] };
  if (before.state !== participant.state) {
    const legal = participantTransitions[before.state].includes(participant.state);
    assertLegal(legal, 'participant', before.state, participant.state);
  }
  const left = isInCall(before) && hasLeft(participant);
  return {
    ...call,
    lastExit: left ? participant.exit : call.lastExit,
    participants: call.participants.map((other) => (other === before ? participant : other)),
  };
}

/**
 * The call after one event. Pure. Throws on an illegal transition and on a wrong `seq`, which would
 * be bugs in the rules.
 */
export function evolve(call: Call | null, event: CallEvent): Call {
  if (event.name === 'call:started') return event.call;
  if (call === null) throw new Error(`${event.name} before call:started`);
  if ('seq' in event && event.seq !== call.seq + 1) {
    throw new Error(`${event.name} has seq ${event.seq} after ${call.seq}`);
  }
  switch (event.name) {
    case 'internal_update': {
      const updated =
        event.participant === undefined ? call : withParticipant(call, event.participant);
      return event.soloExpiresAt === undefined
        ? updated
        : { ...updated, soloExpiresAt: event.soloExpiresAt };
    }
    case 'call:ending_soon':
      return { ...call, warnedFor: event.expiresAt };
    case 'call:accepted':
      return {
        ...withParticipant(call, event.participant),
        seq: event.seq,
        answeredAt: event.answeredAt,
      };
    case 'call:updated': {
      const { seq, mode, hostId, soloExpiresAt } = event;
      return { ...call, seq, mode, hostId, soloExpiresAt };
    }
    case 'call:state_changed': {
      assertCallTransition(call.state, event.state);
      const connectedAt =
        event.state === 'connected' ? (call.connectedAt ?? event.at) : call.connectedAt;
      return { ...call, seq: event.seq, state: event.state, connectedAt };
    }
    case 'call:ended':
      assertCallTransition(call.state, event.state);
      return event.call;
    default:
      return { ...withParticipant(call, event.participant), seq: event.seq };
  }
}

export function evolveAll(call: Call | null, events: readonly CallEvent[]): Call | null {
  return events.reduce<Call | null>(evolve, call);
}
