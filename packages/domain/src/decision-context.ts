import type { EndingSoonReason } from '@ringline/contract/states';
import {
  type Call,
  type Exit,
  type ExitCause,
  findParticipant,
  type Instant,
  isInCall,
  type LeftState,
  type Participant,
  type Person,
} from './call.ts';
import type { Effect } from './effects.ts';
import type { CallEvent, NumberedEvent } from './events.ts';
import { evolve } from './evolve.ts';

/** An event as a rule emits it. The context adds `seq` and `at`. */
type Unnumbered<Event> = Event extends unknown ? Omit<Event, 'seq' | 'at'> : never;

/**
 * A decision in progress: the call after the events so far. Rules read and emit through it, so no
 * rule works on a stale call. It is private to this package.
 */
export interface DecisionContext {
  readonly now: Instant;
  readonly call: Call;
  readonly events: readonly CallEvent[];
  readonly effects: readonly Effect[];
  emit(event: Unnumbered<NumberedEvent>): void;
  /** Changes private fields without a numbered event. */
  updateInternally(event: { participant?: Participant; soloExpiresAt?: Instant | null }): void;
  warn(event: { expiresAt: Instant; reason: EndingSoonReason }): void;
  effect(effect: Effect): void;
  participant(userId: string): Participant;
}

/**
 * The database's clock can step back. The time of a call never does, so no duration is negative.
 */
function notBefore({ createdAt, answeredAt, connectedAt }: Call): Instant {
  return connectedAt ?? answeredAt ?? createdAt;
}

export function beginDecision(before: Call, at: Instant): DecisionContext {
  let call = before;
  const now = Math.max(at, notBefore(before));
  const events: CallEvent[] = [];
  const effects: Effect[] = [];
  const append = (event: CallEvent): void => {
    call = evolve(call, event);
    events.push(event);
  };
  return {
    now,
    get call() {
      return call;
    },
    events,
    effects,
    emit: (event) => append({ ...event, seq: call.seq + 1, at: now } as NumberedEvent),
    updateInternally: (event) => append({ name: 'internal_update', at: now, ...event }),
    warn: (event) => append({ name: 'call:ending_soon', at: now, ...event }),
    effect: (effect) => {
      // Deleting the room makes earlier effects in it pointless.
      if (effect.name === 'delete_room') effects.length = 0;
      effects.push(effect);
    },
    participant: (userId) => {
      const found = findParticipant(call, userId);
      if (found === undefined) throw new Error('the user is not a participant of the call');
      return found;
    },
  };
}

/**
 * Takes over the name and picture of the user's latest token. A token without them changes nothing.
 */
export function withProfile(participant: Participant, person: Person): Participant {
  return {
    ...participant,
    name: person.name ?? participant.name,
    picture: person.picture ?? participant.picture,
  };
}

function stayedMsUntil(call: Call, participant: Participant, end: Instant): number {
  if (participant.stayingSince === null || call.connectedAt === null) return participant.stayedMs;
  const start = Math.max(participant.stayingSince, call.connectedAt);
  return participant.stayedMs + Math.max(0, end - start);
}

/** The participant after leaving. A stay in the call is counted, and its session is closed. */
export function asLeft(
  call: Call,
  participant: Participant,
  state: LeftState,
  exit: Exit,
): Participant {
  const left = {
    ...participant,
    state,
    exit,
    deadline: null,
    deviceId: null,
    disconnectedAt: null,
  };
  if (!isInCall(participant)) return left;
  return {
    ...left,
    leftAt: exit.at,
    stayedMs: stayedMsUntil(call, participant, exit.at),
    stayingSince: null,
    session: null,
    ignoreSessionsUntilMs: Math.max(
      participant.ignoreSessionsUntilMs,
      participant.session?.joinedAtMs ?? 0,
    ),
  };
}

/** Removes a user from the call and from LiveKit's room. */
export function removeFromCall(
  context: DecisionContext,
  userId: string,
  state: 'left' | 'removed',
  cause: ExitCause,
  by: string | null,
): void {
  const participant = asLeft(context.call, context.participant(userId), state, {
    at: context.now,
    cause,
    by,
  });
  const reason = cause === 'left' || cause === 'removed' ? cause : 'connection_lost';
  context.emit({ name: 'call:participant_left', participant, reason });
  context.effect({ name: 'remove_participant', userId });
}
