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

/** An event as a rule writes it: the turn adds `seq` and `at`. */
type Unnumbered<Event> = Event extends unknown ? Omit<Event, 'seq' | 'at'> : never;

/**
 * One decision in the making: the call as it stands after the events so far. Rules emit through it and
 * read from it, so that no rule ever works on a stale call. It never leaves this package.
 */
export interface DecisionContext {
  readonly now: Instant;
  readonly call: Call;
  readonly events: readonly CallEvent[];
  readonly effects: readonly Effect[];
  emit(event: Unnumbered<NumberedEvent>): void;
  /** A change that is private to the machine. */
  updateInternally(event: { participant?: Participant; soloExpiresAt?: Instant | null }): void;
  warn(event: { expiresAt: Instant; reason: EndingSoonReason }): void;
  effect(effect: Effect): void;
  participant(userId: string): Participant;
}

/** The database's clock can step back; a call's never does, so that no duration is negative. */
function notBefore({ createdAt, answeredAt, connectedAt }: Call): Instant {
  return connectedAt ?? answeredAt ?? createdAt;
}

export function beginDecision(before: Call, at: Instant): DecisionContext {
  let call = before;
  const now = Math.max(at, notBefore(before));
  const events: CallEvent[] = [];
  const effects: Effect[] = [];
  const take = (event: CallEvent): void => {
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
    emit: (event) => take({ ...event, seq: call.seq + 1, at: now } as NumberedEvent),
    updateInternally: (event) => take({ name: 'internal_update', at: now, ...event }),
    warn: (event) => take({ name: 'call:ending_soon', at: now, ...event }),
    effect: (effect) => {
      // Where the room is closed, nothing that came before in it needs doing any more.
      if (effect.name === 'delete_room') effects.length = 0;
      effects.push(effect);
    },
    participant: (userId) => {
      const found = findParticipant(call, userId);
      if (found === undefined) throw new Error('a rule asked for one who is no participant');
      return found;
    },
  };
}

/** What was said of a person last is what the others see; silence takes nothing back. */
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

/** The participant as they are once Out; one who was In has their stay counted and their session closed. */
export function asLeft(
  call: Call,
  participant: Participant,
  state: LeftState,
  exit: Exit,
): Participant {
  const out = {
    ...participant,
    state,
    exit,
    deadline: null,
    deviceId: null,
    disconnectedAt: null,
  };
  if (!isInCall(participant)) return out;
  return {
    ...out,
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

/** Takes one who is In out of the call, and out of LiveKit's room. */
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
