import { type Call, findParticipant, isInCall, type Participant } from '@ringline/domain';
import type { RoomParticipant } from '@ringline/engine';

/** A participant whom we hold for joined, with the session that LiveKit does not have. */
export type Gone = Participant & { session: NonNullable<Participant['session']> };

export interface Differences {
  /** In the room, and in the call, but not known to have joined with this session. */
  present: RoomParticipant[];
  /** The same, with sessions that should be over by LiveKit's time, which may go back. */
  doubted: RoomParticipant[];
  /** In the room, and not in the call. */
  forbidden: RoomParticipant[];
  gone: Gone[];
}

function isGone(participant: Participant, users: readonly RoomParticipant[]): participant is Gone {
  const { state, session, ignoreSessionsUntilMs } = participant;
  // Of one who moves between sessions we know already that the old one is over.
  if (state !== 'joined' || session === null || session.joinedAtMs <= ignoreSessionsUntilMs) {
    return false;
  }
  return !users.some((user) => user.session.sid === session.sid);
}

/** Where a room and its call differ in who is there. */
export function findDifferences(call: Call, users: readonly RoomParticipant[]): Differences {
  const strangers = users.filter(({ userId, session }) => {
    const participant = findParticipant(call, userId);
    return participant?.state !== 'joined' || participant.session?.sid !== session.sid;
  });
  const belongs = ({ userId }: RoomParticipant): boolean => {
    const participant = findParticipant(call, userId);
    return participant !== undefined && isInCall(participant);
  };
  const isDoubted = ({ userId, session }: RoomParticipant): boolean => {
    const participant = findParticipant(call, userId);
    if (participant === undefined) return false;
    return (
      session.joinedAtMs <= participant.ignoreSessionsUntilMs ||
      session.joinedAtMs < (participant.session?.joinedAtMs ?? 0)
    );
  };
  const inCall = strangers.filter(belongs);
  return {
    present: inCall.filter((user) => !isDoubted(user)),
    doubted: inCall.filter(isDoubted),
    forbidden: strangers.filter((user) => !belongs(user)),
    gone: call.participants.filter((participant): participant is Gone =>
      isGone(participant, users),
    ),
  };
}
