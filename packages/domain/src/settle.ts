import {
  type Call,
  type EndReason,
  type Exit,
  type Instant,
  isAnswered,
  isIn,
  isLive,
  isOut,
  isRung,
  type LiveCallState,
  type Participant,
  type TerminalCallState,
} from './call.ts';
import { expiresAtOf, expiryReasonOf, warnAtOf } from './deadlines.ts';
import { gone, type Turn } from './turn.ts';

function inCall(call: Call): Participant[] {
  return call.participants.filter(isIn);
}
function someRung(call: Call): boolean {
  return call.participants.some(isRung);
}
function countJoined(call: Call): number {
  return call.participants.filter(({ state }) => state === 'joined').length;
}
/** How many different users were ever In: every accept leaves its mark. */
function everIn(call: Call): number {
  return call.participants.filter(({ acceptedAt }) => acceptedAt !== null).length;
}

function outOfEndedCall(call: Call, participant: Participant, at: Instant): Participant {
  if (!isLive(participant)) return participant;
  const state = isIn(participant) ? 'left' : 'cancelled';
  return gone(call, participant, state, { at, cause: 'call_ended', by: null });
}

/** Ends the call for everybody who is still in it or rung; the last event that any call has. */
export function finish(
  turn: Turn,
  state: TerminalCallState,
  reason: EndReason,
  endedBy: string | null,
): void {
  const { call, now } = turn;
  const ended: Call = {
    ...call,
    state,
    seq: call.seq + 1,
    endedAt: now,
    endReason: reason,
    endedBy,
    soloExpiresAt: null,
    participants: call.participants.map((one) => outOfEndedCall(call, one, now)),
  };
  turn.emit({ name: 'call:ended', state, reason, endedBy, call: ended });
  turn.effect({ name: 'close_room' });
}

/** The user whose act made the latest of these participants go that way; null where it was no act. */
function latestBy(participants: Participant[]): string | null {
  const exits = participants.map(({ exit }) => exit).filter((exit): exit is Exit => exit !== null);
  return exits.sort((a, b) => b.at - a.at)[0]?.by ?? null;
}

/** STATES.md, Settle 1: nobody has answered yet. */
function settleUnanswered(turn: Turn): void {
  const { call } = turn;
  const invitees = call.participants.filter(({ userId }) => userId !== call.initiatorId);
  const initiator = turn.participant(call.initiatorId);
  if (isOut(initiator)) {
    const lost = initiator.exit?.cause === 'grace_ran_out';
    finish(turn, 'cancelled', lost ? 'connection_lost' : 'cancelled', initiator.exit?.by ?? null);
    return;
  }
  if (someRung(call)) return;
  const having = (state: Participant['state']) => invitees.filter((one) => one.state === state);
  const [missed, declined, busy] = [having('missed'), having('declined'), having('busy')];
  if (missed.length > 0) finish(turn, 'missed', 'no_answer', null);
  else if (declined.length > 0) finish(turn, 'declined', 'declined', latestBy(declined));
  else if (busy.length > 0) finish(turn, 'busy', 'busy', latestBy(busy));
  else finish(turn, 'cancelled', 'cancelled', latestBy(invitees));
}

/** STATES.md, Settle 2: is there still somebody to talk to? */
function isOver(call: Call): boolean {
  if (call.mode === 'direct' && call.participants.some(isOut)) return true;
  const present = inCall(call).length;
  return present === 0 || (present === 1 && !someRung(call) && everIn(call) <= 2);
}

/** The latest exit from In decides how an answered call is over. */
function finishOver(turn: Turn): void {
  const { lastExit, connectedAt } = turn.call;
  const everConnected = connectedAt !== null;
  if (lastExit?.cause === 'connect_timeout') {
    if (everConnected) finish(turn, 'ended', 'connection_lost', null);
    else finish(turn, 'failed', 'connect_timeout', null);
  } else if (lastExit?.cause === 'grace_ran_out') {
    finish(turn, everConnected ? 'ended' : 'failed', 'connection_lost', null);
  } else {
    finish(turn, 'ended', 'hangup', lastExit?.by ?? null);
  }
}

/** The host passes to the earliest current stay, then to the earliest accept; never back. */
function hostAfter(call: Call): string | null {
  const present = inCall(call);
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

function soloAfter(turn: Turn): Instant | null {
  const { call, now } = turn;
  if (inCall(call).length !== 1 || someRung(call)) return null;
  return call.soloExpiresAt ?? now + call.timings.soloSeconds * 1000;
}

/** Emits `call:updated` where it shows; a solo deadline that hides behind the maximum is only noted. */
export function update(
  turn: Turn,
  changes: Partial<Pick<Call, 'mode' | 'hostId' | 'soloExpiresAt'>>,
): void {
  const before = turn.call;
  const after = { ...before, ...changes };
  const { mode, hostId, soloExpiresAt } = after;
  const shows =
    mode !== before.mode || hostId !== before.hostId || expiresAtOf(after) !== expiresAtOf(before);
  if (shows) {
    turn.emit({ name: 'call:updated', mode, hostId, expiresAt: expiresAtOf(after), soloExpiresAt });
  } else if (soloExpiresAt !== before.soloExpiresAt) {
    turn.note({ soloExpiresAt });
  }
}

/** From the answer on, an initiator whom LiveKit does not have yet must connect like everyone else. */
function demandInitiator(turn: Turn): void {
  const { call } = turn;
  const initiator = turn.participant(call.initiatorId);
  if (initiator.state !== 'joining' || call.answeredAt === null) return;
  // The grace of their device ends with the answer.
  if (initiator.deadline !== null && initiator.disconnectedAt === null) return;
  const deadline = call.answeredAt + call.timings.connectSeconds * 1000;
  turn.note({ participant: { ...initiator, deadline, disconnectedAt: null } });
}

function changeState(turn: Turn, state: LiveCallState): void {
  const { call } = turn;
  if (state === call.state) return;
  turn.emit({ name: 'call:state_changed', state, previous: call.state });
  const expiresAt = expiresAtOf(turn.call);
  // The first `connected` starts the maximum duration, and so gives the call an end that shows.
  if (expiresAt !== expiresAtOf(call)) {
    const { mode, hostId, soloExpiresAt } = turn.call;
    turn.emit({ name: 'call:updated', mode, hostId, expiresAt, soloExpiresAt });
  }
}

/** Warns of an end that is near; at once, where the solo time is off and the end has moved to one that is. */
export function warnIfDue(turn: Turn): void {
  const { call, now } = turn;
  const [warnAt, expiresAt] = [warnAtOf(call), expiresAtOf(call)];
  if (warnAt === null || expiresAt === null || warnAt > now || expiresAt <= now) return;
  turn.warn({ expiresAt, reason: expiryReasonOf(call) });
}

/** Run after every command: brings the call into the state that its participants say (STATES.md, Settle). */
export function settle(turn: Turn): void {
  if (!isAnswered(turn.call)) {
    settleUnanswered(turn);
    return;
  }
  if (isOver(turn.call)) {
    finishOver(turn);
    return;
  }
  demandInitiator(turn);
  changeState(turn, stateAfter(turn.call));
  update(turn, { hostId: hostAfter(turn.call), soloExpiresAt: soloAfter(turn) });
  warnIfDue(turn);
}
