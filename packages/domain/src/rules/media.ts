import { isIn, isTerminal, type Participant, participantOf } from '../call.ts';
import type { MediaJoined, MediaLeft } from '../commands.ts';
import type { Refusal } from '../refusals.ts';
import { settle } from '../settle.ts';
import type { Turn } from '../turn.ts';
import { mediaGraceEndsAt } from './device.ts';

function joinedAs(turn: Turn, participant: Participant, { session }: MediaJoined): Participant {
  return {
    ...participant,
    state: 'joined',
    joinedAt: participant.joinedAt ?? turn.now,
    stayingSince: participant.stayingSince ?? turn.now,
    deadline: null,
    session,
    sessionsOverUntilMs: Math.min(participant.sessionsOverUntilMs, session.joinedAtMs - 1),
  };
}

/** By LiveKit's own time, which may go back: its clock was put right, or another node of it is behind. */
function isLatest({ session: known, sessionsOverUntilMs }: Participant, { session }: MediaJoined) {
  return session.joinedAtMs > sessionsOverUntilMs && session.joinedAtMs >= (known?.joinedAtMs ?? 0);
}

function isNews(participant: Participant, command: MediaJoined): boolean {
  return (
    (command.listed === true || isLatest(participant, command)) &&
    (participant.session?.sid !== command.session.sid || participant.state !== 'joined')
  );
}

/** LiveKit has somebody in the room: the one we wait for, or one who must not be there. */
export function mediaJoined(turn: Turn, command: MediaJoined): Refusal | null {
  const participant = participantOf(turn.call, command.userId);
  if (isTerminal(turn.call) || participant === undefined || !isIn(participant)) {
    turn.effect({ name: 'evict', userId: command.userId });
    return null;
  }
  if (!isNews(participant, command)) return null;
  const joined = joinedAs(turn, participant, command);
  if (participant.state === 'joined') {
    turn.note({ participant: joined });
    return null;
  }
  const name =
    participant.state === 'joining' ? 'call:participant_joined' : 'call:participant_updated';
  turn.emit({ name, participant: joined });
  settle(turn);
  return null;
}

/**
 * LiveKit no longer has a session. Only a current (or newer) one matters; and since a reload looks like
 * a leave, it never ends anything by itself: it starts the grace period.
 */
export function mediaLeft(
  turn: Turn,
  { userId, session, replaced, timedOut = false }: MediaLeft,
): Refusal | null {
  const before = participantOf(turn.call, userId);
  if (isTerminal(turn.call) || before === undefined || !isIn(before)) return null;
  if (session.joinedAtMs <= before.sessionsOverUntilMs) return null;
  const participant = { ...before, sessionsOverUntilMs: session.joinedAtMs };
  const current = before.session !== null && session.joinedAtMs >= before.session.joinedAtMs;
  if (before.state !== 'joined' || !current) {
    turn.note({ participant });
    return null;
  }
  // A deadline that runs already (a move between sessions) is not extended by a second loss.
  const deadline = before.deadline ?? mediaGraceEndsAt(turn, before, timedOut);
  if (replaced) {
    turn.note({ participant: { ...participant, deadline } });
    return null;
  }
  const reconnecting: Participant = { ...participant, state: 'reconnecting', deadline };
  turn.emit({ name: 'call:participant_updated', participant: reconnecting });
  settle(turn);
  return null;
}

/** A room that is gone while its call lives is made again. */
export function roomLost(turn: Turn): Refusal | null {
  if (!isTerminal(turn.call)) turn.effect({ name: 'open_room' });
  return null;
}
