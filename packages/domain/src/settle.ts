import {
  type Call,
  type EndReason,
  type Exit,
  hasLeft,
  type Instant,
  isActive,
  isAnswered,
  isInCall,
  isRinging,
  type LiveCallState,
  type Participant,
  type TerminalCallState,
} from './call.ts';
import { getExpiresAt, getExpiryReason, getWarningAt } from './deadlines.ts';
import { asLeft, type DecisionContext } from './decision-context.ts';

function participantsInCall(call: Call): Participant[] {
  return call.participants.filter(isInCall);
}
function someRinging(call: Call): boolean {
  return call.participants.some(isRinging);
}
function countJoined(call: Call): number {
  return call.participants.filter(({ state }) => state === 'joined').length;
}
/** The number of users who were ever in the call. `acceptedAt` is kept after they leave. */
function countEverInCall(call: Call): number {
  return call.participants.filter(({ acceptedAt }) => acceptedAt !== null).length;
}

function asLeftEndedCall(call: Call, participant: Participant, at: Instant): Participant {
  if (!isActive(participant)) return participant;
  const state = isInCall(participant) ? 'left' : 'cancelled';
  return asLeft(call, participant, state, { at, cause: 'call_ended', by: null });
}

/** Ends the call for every active participant. No event follows it. */
export function finish(
  context: DecisionContext,
  state: TerminalCallState,
  reason: EndReason,
  endedBy: string | null,
): void {
  const { call, now } = context;
  const ended: Call = {
    ...call,
    state,
    seq: call.seq + 1,
    endedAt: now,
    endReason: reason,
    endedBy,
    soloExpiresAt: null,
    participants: call.participants.map((one) => asLeftEndedCall(call, one, now)),
  };
  context.emit({ name: 'call:ended', state, reason, endedBy, call: ended });
  context.effect({ name: 'delete_room' });
}

/** The user who caused the latest of these exits; null if no user did. */
function latestBy(participants: Participant[]): string | null {
  const exits = participants.map(({ exit }) => exit).filter((exit): exit is Exit => exit !== null);
  return exits.sort((a, b) => b.at - a.at)[0]?.by ?? null;
}

/** The rows of docs/call-rules.md, Settle, for a call that is not answered yet. */
function settleUnanswered(context: DecisionContext): void {
  const { call } = context;
  const invitees = call.participants.filter(({ userId }) => userId !== call.initiatorId);
  const initiator = context.participant(call.initiatorId);
  if (hasLeft(initiator)) {
    const lost = initiator.exit?.cause === 'reconnect_timeout';
    finish(
      context,
      'cancelled',
      lost ? 'connection_lost' : 'cancelled',
      initiator.exit?.by ?? null,
    );
    return;
  }
  if (someRinging(call)) return;
  const having = (state: Participant['state']) => invitees.filter((one) => one.state === state);
  const [missed, declined, busy] = [having('missed'), having('declined'), having('busy')];
  if (missed.length > 0) finish(context, 'missed', 'no_answer', null);
  else if (declined.length > 0) finish(context, 'declined', 'declined', latestBy(declined));
  else if (busy.length > 0) finish(context, 'busy', 'busy', latestBy(busy));
  else finish(context, 'cancelled', 'cancelled', latestBy(invitees));
}

/** Whether an answered call ends because a participant has no one left to talk to. */
function isOver(call: Call): boolean {
  if (call.mode === 'direct' && call.participants.some(hasLeft)) return true;
  const present = participantsInCall(call).length;
  return present === 0 || (present === 1 && !someRinging(call) && countEverInCall(call) <= 2);
}

/** The latest exit decides how an answered call ends. */
function finishOver(context: DecisionContext): void {
  const { lastExit, connectedAt } = context.call;
  const everConnected = connectedAt !== null;
  if (lastExit?.cause === 'connect_timeout') {
    if (everConnected) finish(context, 'ended', 'connection_lost', null);
    else finish(context, 'failed', 'connect_timeout', null);
  } else if (lastExit?.cause === 'reconnect_timeout') {
    finish(context, everConnected ? 'ended' : 'failed', 'connection_lost', null);
  } else {
    finish(context, 'ended', 'hangup', lastExit?.by ?? null);
  }
}

/** The host role passes to the longest current stay, else to the earliest accept; never back. */
function hostAfter(call: Call): string | null {
  const present = participantsInCall(call);
  if (call.mode === 'direct' || present.some(({ userId }) => userId === call.hostId)) {
    return call.hostId;
  }
  const earliest =
    (pick: (one: Participant) => Instant | null) => (a: Participant, b: Participant) =>
      (pick(a) ?? Number.MAX_SAFE_INTEGER) - (pick(b) ?? Number.MAX_SAFE_INTEGER);
  const byStay = earliest(({ stayingSince }) => stayingSince);
  const byAccept = earliest(({ acceptedAt }) => acceptedAt);
  return present.sort((a, b) => byStay(a, b) || byAccept(a, b))[0]?.userId ?? call.hostId;
}

function stateAfter(call: Call): LiveCallState {
  const joined = countJoined(call);
  if (joined >= 2) return 'connected';
  if (call.connectedAt === null) return 'connecting';
  return call.participants.some(({ state }) => state === 'reconnecting')
    ? 'reconnecting'
    : 'connected';
}

function soloAfter(context: DecisionContext): Instant | null {
  const { call, now } = context;
  if (participantsInCall(call).length !== 1 || someRinging(call)) return null;
  return call.soloExpiresAt ?? now + call.timings.soloSeconds * 1000;
}

/**
 * Emits `call:updated` if clients can see the change. A solo deadline later than the maximum
 * duration is only stored.
 */
export function update(
  context: DecisionContext,
  changes: Partial<Pick<Call, 'mode' | 'hostId' | 'soloExpiresAt'>>,
): void {
  const before = context.call;
  const after = { ...before, ...changes };
  const { mode, hostId, soloExpiresAt } = after;
  const isVisible =
    mode !== before.mode ||
    hostId !== before.hostId ||
    getExpiresAt(after) !== getExpiresAt(before);
  if (isVisible) {
    context.emit({
      name: 'call:updated',
      mode,
      hostId,
      expiresAt: getExpiresAt(after),
      soloExpiresAt,
    });
  } else if (soloExpiresAt !== before.soloExpiresAt) {
    context.updateInternally({ soloExpiresAt });
  }
}

/** After the first answer, a `joining` initiator has a connect deadline like everyone else. */
function startInitiatorDeadline(context: DecisionContext): void {
  const { call } = context;
  const initiator = context.participant(call.initiatorId);
  if (initiator.state !== 'joining' || call.answeredAt === null) return;
  // The answer replaces the grace period of their device with the connect deadline.
  if (initiator.deadline !== null && initiator.disconnectedAt === null) return;
  const deadline = call.answeredAt + call.timings.connectSeconds * 1000;
  context.updateInternally({ participant: { ...initiator, deadline, disconnectedAt: null } });
}

function changeState(context: DecisionContext, state: LiveCallState): void {
  const { call } = context;
  if (state === call.state) return;
  context.emit({ name: 'call:state_changed', state, previous: call.state });
  const expiresAt = getExpiresAt(context.call);
  // The first `connected` starts the maximum duration, which changes `expiresAt`.
  if (expiresAt !== getExpiresAt(call)) {
    const { mode, hostId, soloExpiresAt } = context.call;
    context.emit({ name: 'call:updated', mode, hostId, expiresAt, soloExpiresAt });
  }
}

/** Warns if the end is near. The end may be near at once when the solo deadline is lifted. */
export function warnIfDue(context: DecisionContext): void {
  const { call, now } = context;
  const [warnAt, expiresAt] = [getWarningAt(call), getExpiresAt(call)];
  if (warnAt === null || expiresAt === null || warnAt > now || expiresAt <= now) return;
  context.warn({ expiresAt, reason: getExpiryReason(call) });
}

/**
 * Derives the call's state from its participants, after every command: docs/call-rules.md, Settle.
 */
export function settle(context: DecisionContext): void {
  if (!isAnswered(context.call)) {
    settleUnanswered(context);
    return;
  }
  if (isOver(context.call)) {
    finishOver(context);
    return;
  }
  startInitiatorDeadline(context);
  changeState(context, stateAfter(context.call));
  update(context, { hostId: hostAfter(context.call), soloExpiresAt: soloAfter(context) });
  warnIfDue(context);
}
