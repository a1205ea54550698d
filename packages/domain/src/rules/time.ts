import {
  type Call,
  type Instant,
  isAnswered,
  isRung,
  isTerminal,
  type Participant,
} from '../call.ts';
import { deadlineOf, expiresAtOf, expiryReasonOf, nextDueAt } from '../deadlines.ts';
import type { Effect } from '../effects.ts';
import type { CallEvent } from '../events.ts';
import { finish, settle, warnIfDue } from '../settle.ts';
import { beginTurn, gone, type Turn, takeOut } from '../turn.ts';

function isDue(at: Instant | null, now: Instant): boolean {
  return at !== null && at <= now;
}

function expire(turn: Turn, participant: Participant): void {
  if (isRung(participant)) {
    const exit = { at: turn.now, cause: 'missed', by: null } as const;
    const missed = gone(turn.call, participant, 'missed', exit);
    turn.emit({ name: 'call:missed', participant: missed });
  } else {
    // Before the first answer nobody has to connect: the initiator's device was away for too long.
    const connects = participant.state === 'joining' && isAnswered(turn.call);
    const cause = connects ? 'connect_timeout' : 'grace_ran_out';
    takeOut(turn, participant.userId, 'left', cause, null);
  }
}

/** Everything that is due at one instant, participants first; then the call's own ends. */
function settleInstant(turn: Turn): void {
  const due = turn.call.participants.filter((one) => isDue(deadlineOf(one), turn.now));
  for (const participant of due) expire(turn, participant);
  if (due.length > 0) settle(turn);
  if (isTerminal(turn.call)) return;
  if (isDue(expiresAtOf(turn.call), turn.now)) {
    finish(turn, 'ended', expiryReasonOf(turn.call), null);
  } else {
    warnIfDue(turn);
  }
}

/**
 * What the passing of time has decided by `now`: each deadline in the order of its due time, settled and
 * stamped at that time, so that a late worker changes no outcome.
 */
export function passTime(
  before: Call,
  now: Instant,
): { call: Call; events: CallEvent[]; effects: Effect[] } {
  let call = before;
  const events: CallEvent[] = [];
  const effects: Effect[] = [];
  for (let due = nextDueAt(call); due !== null && due <= now; due = nextDueAt(call)) {
    const turn = beginTurn(call, due);
    settleInstant(turn);
    call = turn.call;
    events.push(...turn.events);
    effects.push(...turn.effects);
  }
  return { call, events, effects };
}
