import { type Call, isIn, type Participant, participantOf } from '@ringline/domain';
import type { UserInRoom } from '@ringline/engine';

/** A participant whom we hold for joined, with the session that LiveKit does not have. */
export type Gone = Participant & { session: NonNullable<Participant['session']> };

export interface Differences {
  /** In the room, and in the call, but not known to have joined with this session. */
  present: UserInRoom[];
  /** The same, with sessions that should be over by LiveKit's time, which may go back. */
  doubted: UserInRoom[];
  /** In the room, and not in the call. */
  forbidden: UserInRoom[];
  gone: Gone[];
}

function isGone(participant: Participant, users: readonly UserInRoom[]): participant is Gone {
  const { state, session, sessionsOverUntilMs } = participant;
  // Of one who moves between sessions we know already that the old one is over.
  if (state !== 'joined' || session === null || session.joinedAtMs <= sessionsOverUntilMs) {
    return false;
  }
  return !users.some((user) => user.session.sid === session.sid);
}

/** Where a room and its call differ in who is there. */
export function differencesOf(call: Call, users: readonly UserInRoom[]): Differences {
  const strangers = users.filter(({ userId, session }) => {
    const participant = participantOf(call, userId);
    return participant?.state !== 'joined' || participant.session?.sid !== session.sid;
  });
  const isInCall = ({ userId }: UserInRoom): boolean => {
    const participant = participantOf(call, userId);
    return participant !== undefined && isIn(participant);
  };
  const isDoubted = ({ userId, session }: UserInRoom): boolean => {
    const participant = participantOf(call, userId);
    if (participant === undefined) return false;
    return (
      session.joinedAtMs <= participant.sessionsOverUntilMs ||
      session.joinedAtMs < (participant.session?.joinedAtMs ?? 0)
    );
  };
  const inCall = strangers.filter(isInCall);
  return {
    present: inCall.filter((user) => !isDoubted(user)),
    doubted: inCall.filter(isDoubted),
    forbidden: strangers.filter((user) => !isInCall(user)),
    gone: call.participants.filter((participant): participant is Gone =>
      isGone(participant, users),
    ),
  };
}
