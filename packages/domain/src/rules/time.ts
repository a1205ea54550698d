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
    // Before the first answer nobody has to connect: the initiator's device was away for too long.
    const connects = participant.state === 'joining' && isAnswered(context.call);
    const cause = connects ? 'connect_timeout' : 'reconnect_timeout';
    removeFromCall(context, participant.userId, 'left', cause, null);
  }
}

/** Everything that is due at one instant, participants first; then the call's own ends. */
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
 * What the passing of time has decided by `now`: each deadline in the order of its due time, settled and
 * stamped at that time, so that a late worker changes no outcome.
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
