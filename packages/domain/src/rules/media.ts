import { findParticipant, isInCall, isTerminal, type Participant } from '../call.ts';
import type { MediaJoined, MediaLeft } from '../commands.ts';
import type { DecisionContext } from '../decision-context.ts';
import type { Refusal } from '../refusals.ts';
import { settle } from '../settle.ts';
import { mediaGraceEndsAt } from './device.ts';

function joinedAs(
  context: DecisionContext,
  participant: Participant,
  { session }: MediaJoined,
): Participant {
  return {
    ...participant,
    state: 'joined',
    joinedAt: participant.joinedAt ?? context.now,
    stayingSince: participant.stayingSince ?? context.now,
    deadline: null,
    session,
    ignoreSessionsUntilMs: Math.min(participant.ignoreSessionsUntilMs, session.joinedAtMs - 1),
  };
}

/**
 * Compares by LiveKit's clock. It may step back: after a correction, or on a node that is behind.
 */
function isLatest(
  { session: known, ignoreSessionsUntilMs }: Participant,
  { session }: MediaJoined,
) {
  return (
    session.joinedAtMs > ignoreSessionsUntilMs && session.joinedAtMs >= (known?.joinedAtMs ?? 0)
  );
}

function isNewSession(participant: Participant, command: MediaJoined): boolean {
  return (
    (command.listed === true || isLatest(participant, command)) &&
    (participant.session?.sid !== command.session.sid || participant.state !== 'joined')
  );
}

/** LiveKit has a user in the room: one who is in the call, or one who must be removed. */
export function mediaJoined(context: DecisionContext, command: MediaJoined): Refusal | null {
  const participant = findParticipant(context.call, command.userId);
  if (isTerminal(context.call) || participant === undefined || !isInCall(participant)) {
    context.effect({ name: 'remove_participant', userId: command.userId });
    return null;
  }
  if (!isNewSession(participant, command)) return null;
  const joined = joinedAs(context, participant, command);
  if (participant.state === 'joined') {
    context.updateInternally({ participant: joined });
    return null;
  }
  const name =
    participant.state === 'joining' ? 'call:participant_joined' : 'call:participant_updated';
  context.emit({ name, participant: joined });
  settle(context);
  return null;
}

/**
 * LiveKit no longer has a session. Only the current session or a newer one counts. A page reload
 * looks like a leave, so losing a session only starts the grace period.
 */
export function mediaLeft(
  context: DecisionContext,
  { userId, session, replaced, timedOut = false }: MediaLeft,
): Refusal | null {
  const before = findParticipant(context.call, userId);
  if (isTerminal(context.call) || before === undefined || !isInCall(before)) return null;
  if (session.joinedAtMs <= before.ignoreSessionsUntilMs) return null;
  const participant = { ...before, ignoreSessionsUntilMs: session.joinedAtMs };
  const current = before.session !== null && session.joinedAtMs >= before.session.joinedAtMs;
  if (before.state !== 'joined' || !current) {
    context.updateInternally({ participant });
    return null;
  }
  // A second loss does not extend the grace period of a move between sessions.
  const deadline = before.deadline ?? mediaGraceEndsAt(context, before, timedOut);
  if (replaced) {
    context.updateInternally({ participant: { ...participant, deadline } });
    return null;
  }
  const reconnecting: Participant = { ...participant, state: 'reconnecting', deadline };
  context.emit({ name: 'call:participant_updated', participant: reconnecting });
  settle(context);
  return null;
}

/** Creates the room again if the call is not over. */
export function roomLost(context: DecisionContext): Refusal | null {
  if (!isTerminal(context.call)) context.effect({ name: 'create_room' });
  return null;
}
