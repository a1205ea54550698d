import { isIn, isLive, isShutOut, isTerminal, participantOf } from '../call.ts';
import type { Invite } from '../commands.ts';
import { MAX_RINGS, rung } from '../invitation.ts';
import {
  callEnded,
  callNotFound,
  notAccepted,
  notAllowed,
  type Refusal,
  refuse,
} from '../refusals.ts';
import { settle, update } from '../settle.ts';
import type { Turn } from '../turn.ts';

function refuseInvite(turn: Turn, command: Invite, wanted: string[], free: string[]) {
  const { call } = turn;
  const known = wanted
    .map((userId) => participantOf(call, userId))
    .filter((one) => one !== undefined);
  if (command.person.userId !== call.hostId && known.some(isShutOut)) {
    return refuse('NOT_ALLOWED', 'Only the host brings back one who was removed.');
  }
  if (known.some(({ rings }) => rings >= MAX_RINGS)) {
    return refuse('INVALID_STATE', `Nobody is rung more than ${MAX_RINGS} times in one call.`);
  }
  if (free.length === 0) return refuse('USER_BUSY', 'Everyone invited is in another call.');
  const live = call.participants.filter(isLive).length;
  return live + free.length > call.maxParticipants
    ? refuse('CALL_FULL', 'There are not enough free seats in this call.')
    : null;
}

/** Rings those who are not in it; a third user makes a direct call a group for good. */
export function invite(turn: Turn, command: Invite): Refusal | null {
  const inviter = participantOf(turn.call, command.person.userId);
  if (inviter === undefined) return callNotFound;
  if (isTerminal(turn.call)) return callEnded;
  if (inviter.state === 'removed') return notAllowed;
  if (!isIn(inviter)) return notAccepted;
  const wanted = command.participantIds.filter((userId) => {
    const participant = participantOf(turn.call, userId);
    return participant === undefined || !isLive(participant);
  });
  if (wanted.length === 0) return null;
  const free = wanted.filter((userId) => !command.claims.has(userId));
  const refusal = refuseInvite(turn, command, wanted, free);
  if (refusal !== null) return refusal;
  if (turn.call.mode === 'direct') update(turn, { mode: 'group', hostId: turn.call.initiatorId });
  for (const userId of wanted) {
    const participant = rung(userId, participantOf(turn.call, userId), {
      state: free.includes(userId) ? 'invited' : 'busy',
      invitedBy: inviter.userId,
      at: turn.now,
      ringSeconds: turn.call.timings.ringSeconds,
      type: turn.call.type,
    });
    const name = participant.state === 'invited' ? 'call:invited' : 'call:busy';
    turn.emit({ name, participant });
  }
  settle(turn);
  return null;
}
