import {
  type Call,
  type Instant,
  isAnswered,
  isRinging,
  isTerminal,
  type Participant,
} from '../call.ts';
import { getDeadline, getExpiresAt, getExpiryReason, getNextDueAt } from '../deadlines.ts';
import {
  asLeft,
  beginDecision,
  type DecisionContext,
  removeFromCall,
} from '../decision-context.ts';
import type { Effect } from '../effects.ts';
import type { CallEvent } from '../events.ts';
import { finish, settle, warnIfDue } from '../settle.ts';

function isDue(at: Instant | null, now: Instant): boolean {
  return at !== null && at <= now;
}

function expire(context: DecisionContext, participant: Participant): void {
  if (isRinging(participant)) {
    const exit = { at: context.now, cause: 'missed', by: null } as const;
    const missed = asLeft(context.call, participant, 'missed', exit);
    context.emit({ name: 'call:missed', participant: missed });
  } else {
    // There is no connect deadline before the first answer, only the grace period of a device.
    const mustConnect = participant.state === 'joining' && isAnswered(context.call);
    const cause = mustConnect ? 'connect_timeout' : 'reconnect_timeout';
    removeFromCall(context, participant.userId, 'left', cause, null);
  }
}

/** Expires the deadlines that are due at one instant: first the participants', then the call's. */
function settleInstant(context: DecisionContext): void {
  const due = context.call.participants.filter((one) => isDue(getDeadline(one), context.now));
  for (const participant of due) expire(context, participant);
  if (due.length > 0) settle(context);
  if (isTerminal(context.call)) return;
  if (isDue(getExpiresAt(context.call), context.now)) {
    finish(context, 'ended', getExpiryReason(context.call), null);
  } else {
    warnIfDue(context);
  }
}

/**
 * Expires all deadlines up to `now` in the order of their due times. Each is settled and stamped at
 * its due time, so a late worker changes no outcome.
 */
export function expireDeadlines(
  before: Call,
  now: Instant,
): { call: Call; events: CallEvent[]; effects: Effect[] } {
  let call = before;
  const events: CallEvent[] = [];
  const effects: Effect[] = [];
  for (let due = getNextDueAt(call); due !== null && due <= now; due = getNextDueAt(call)) {
    const context = beginDecision(call, due);
    settleInstant(context);
    call = context.call;
    events.push(...context.events);
    effects.push(...context.effects);
  }
  return { call, events, effects };
}
