import type { CallEvent } from './events.ts';
import type { Call, Participant } from './objects.ts';

/** New participants come last, as in the service's list. */
function withParticipant(participants: Participant[], changed: Participant): Participant[] {
  return participants.some(({ userId }) => userId === changed.userId)
    ? participants.map((one) => (one.userId === changed.userId ? changed : one))
    : [...participants, changed];
}

function withHost(participants: Participant[], hostId: string | null): Participant[] {
  return participants.map((one) => ({
    ...one,
    role: one.userId === hostId ? 'host' : 'participant',
  }));
}

/**
 * Returns the call after one event. Pure. Applied to a snapshot in the order of `seq`, the events
 * produce exactly the service's call. The caller is responsible for the order.
 */
export function applyEvent(call: Call, event: CallEvent): Call {
  switch (event.event) {
    case 'call:started':
    case 'call:ended':
      return event.call;
    case 'call:updated': {
      const { seq, mode, hostId, expiresAt } = event;
      return {
        ...call,
        seq,
        mode,
        hostId,
        expiresAt,
        participants: withHost(call.participants, hostId),
      };
    }
    case 'call:state_changed': {
      const connectedAt =
        event.state === 'connected' ? (call.connectedAt ?? event.at) : call.connectedAt;
      return { ...call, seq: event.seq, state: event.state, connectedAt };
    }
    case 'call:accepted':
      return {
        ...call,
        seq: event.seq,
        answeredAt: call.answeredAt ?? event.answeredAt,
        participants: withParticipant(call.participants, event.participant),
      };
    default:
      return {
        ...call,
        seq: event.seq,
        participants: withParticipant(call.participants, event.participant),
      };
  }
}
