import { type Call, findParticipant, isInCall, type Participant } from '@ringline/domain';
import type { RoomParticipant } from '@ringline/engine';

/** A joined participant with a session that LiveKit does not list. */
export type Missing = Participant & { session: NonNullable<Participant['session']> };

export interface Differences {
  /** In the room and in the call, but not joined with this session. */
  present: RoomParticipant[];
  /** The same, with a session that should have ended by LiveKit's clock, which may be set back. */
  stale: RoomParticipant[];
  /** In the room, but not in the call. */
  forbidden: RoomParticipant[];
  missing: Missing[];
}

function isMissing(
  participant: Participant,
  users: readonly RoomParticipant[],
): participant is Missing {
  const { state, session, ignoreSessionsUntilMs } = participant;
  // The old session of a participant who moves to another one is known to have ended.
  if (state !== 'joined' || session === null || session.joinedAtMs <= ignoreSessionsUntilMs) {
    return false;
  }
  return !users.some((user) => user.session.sid === session.sid);
}

/** Compares the users in a room with the participants of its call. */
export function findDifferences(call: Call, users: readonly RoomParticipant[]): Differences {
  const unmatched = users.filter(({ userId, session }) => {
    const participant = findParticipant(call, userId);
    return participant?.state !== 'joined' || participant.session?.sid !== session.sid;
  });
  const isMember = ({ userId }: RoomParticipant): boolean => {
    const participant = findParticipant(call, userId);
    return participant !== undefined && isInCall(participant);
  };
  const isStale = ({ userId, session }: RoomParticipant): boolean => {
    const participant = findParticipant(call, userId);
    if (participant === undefined) return false;
    return (
      session.joinedAtMs <= participant.ignoreSessionsUntilMs ||
      session.joinedAtMs < (participant.session?.joinedAtMs ?? 0)
    );
  };
  const inCall = unmatched.filter(isMember);
  return {
    present: inCall.filter((user) => !isStale(user)),
    stale: inCall.filter(isStale),
    forbidden: unmatched.filter((user) => !isMember(user)),
    missing: call.participants.filter((participant): participant is Missing =>
      isMissing(participant, users),
    ),
  };
}
