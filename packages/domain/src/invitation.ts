import type { CallType, Instant, Participant } from './call.ts';
import { type Call, findParticipant, isRinging } from './call.ts';
import type { CallEvent } from './events.ts';
import { evolve } from './evolve.ts';

/** Invitations per user and call, including those that find the user busy. */
export const MAX_RINGS = 3;

interface Ring {
  state: 'invited' | 'busy';
  invitedBy: string;
  at: Instant;
  ringSeconds: number;
  type: CallType;
}

function newcomer(userId: string, at: Instant, type: CallType): Participant {
  return {
    userId,
    name: null,
    picture: null,
    state: 'invited',
    audioEnabled: true,
    videoEnabled: type === 'video',
    screenSharing: false,
    invitedBy: null,
    invitedAt: at,
    ringingAt: null,
    ringExpiresAt: null,
    joinedAt: null,
    leftAt: null,
    stayedMs: 0,
    rings: 0,
    barred: false,
    deviceId: null,
    acceptedAt: null,
    stayingSince: null,
    deadline: null,
    disconnectedAt: null,
    session: null,
    ignoreSessionsUntilMs: 0,
    exit: null,
  };
}

/** The initiator is in the call from the start, on the device that started it. */
export function initiatorParticipant(
  person: { userId: string; name: string | null; picture: string | null },
  deviceId: string | null,
  at: Instant,
  type: CallType,
): Participant {
  return {
    ...newcomer(person.userId, at, type),
    ...person,
    state: 'joining',
    deviceId,
    acceptedAt: at,
  };
}

/** The participant after one more invitation: invited, or busy at once. */
export function invitedParticipant(
  userId: string,
  before: Participant | undefined,
  ring: Ring,
): Participant {
  const participant = before ?? newcomer(userId, ring.at, ring.type);
  const free = ring.state === 'invited';
  return {
    ...participant,
    state: ring.state,
    invitedBy: ring.invitedBy,
    invitedAt: ring.at,
    ringingAt: null,
    ringExpiresAt: free ? ring.at + ring.ringSeconds * 1000 : null,
    rings: participant.rings + 1,
    barred: false,
    exit: free ? null : { at: ring.at, cause: 'busy', by: null },
  };
}

export type InvitationOutcome = 'accepted' | 'declined' | 'missed' | 'busy' | 'cancelled';

/** One invitation of one user: a row of `call_invitations`. `outcome` is null while it rings. */
export interface Invitation {
  userId: string;
  ring: number;
  invitedBy: string;
  invitedAt: Instant;
  expiresAt: Instant | null;
  outcome: InvitationOutcome | null;
  endedAt: Instant | null;
}

function toInvitationOutcome(participant: Participant): InvitationOutcome | null {
  switch (participant.state) {
    case 'invited':
    case 'ringing':
      return null;
    case 'declined':
    case 'missed':
    case 'busy':
      return participant.state;
    case 'cancelled':
    case 'removed':
      return 'cancelled';
    default:
      return 'accepted';
  }
}

function findInvitationChange(
  before: Participant | undefined,
  after: Participant,
  at: Instant,
): Invitation | null {
  const begun = after.rings > (before?.rings ?? 0);
  const settled = before !== undefined && isRinging(before) && !isRinging(after);
  if (after.invitedBy === null || !(begun || settled)) return null;
  const outcome = toInvitationOutcome(after);
  return {
    userId: after.userId,
    ring: after.rings,
    invitedBy: after.invitedBy,
    invitedAt: after.invitedAt,
    expiresAt: after.ringExpiresAt,
    outcome,
    endedAt: outcome === null ? null : at,
  };
}

/**
 * The invitations that these events opened or settled, in order. One that they both opened and
 * settled is listed twice, the second time with its outcome.
 */
export function invitationChanges(before: Call | null, events: readonly CallEvent[]): Invitation[] {
  const changes: Invitation[] = [];
  let call = before;
  for (const event of events) {
    const after = evolve(call, event);
    for (const participant of after.participants) {
      const known = call === null ? undefined : findParticipant(call, participant.userId);
      const change =
        known === participant ? null : findInvitationChange(known, participant, event.at);
      if (change !== null) changes.push(change);
    }
    call = after;
  }
  return changes;
}
