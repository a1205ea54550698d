import { findParticipant, isActive, isBarred, isInCall, isTerminal } from '../call.ts';
import type { Invite } from '../commands.ts';
import type { DecisionContext } from '../decision-context.ts';
import { invitedParticipant, MAX_RINGS } from '../invitation.ts';
import {
  callEnded,
  callNotFound,
  notAccepted,
  notAllowed,
  type Refusal,
  refuse,
} from '../refusals.ts';
import { settle, update } from '../settle.ts';

function refuseInvite(context: DecisionContext, command: Invite, wanted: string[], free: string[]) {
  const { call } = context;
  const known = wanted
    .map((userId) => findParticipant(call, userId))
    .filter((one) => one !== undefined);
  if (command.person.userId !== call.hostId && known.some(isBarred)) {
    return refuse('NOT_ALLOWED', 'Only the host can invite a removed user.');
  }
  if (known.some(({ rings }) => rings >= MAX_RINGS)) {
    return refuse('INVALID_STATE', `A user can be invited to a call ${MAX_RINGS} times at most.`);
  }
  if (free.length === 0) return refuse('USER_BUSY', 'Everyone invited is in another call.');
  const active = call.participants.filter(isActive).length;
  return active + free.length > call.maxParticipants
    ? refuse('CALL_FULL', 'There are not enough free seats in this call.')
    : null;
}

/** Invites users who are not active. Inviting a third user makes a direct call a group for good. */
export function invite(context: DecisionContext, command: Invite): Refusal | null {
  const inviter = findParticipant(context.call, command.person.userId);
  if (inviter === undefined) return callNotFound;
  if (isTerminal(context.call)) return callEnded;
  if (inviter.state === 'removed') return notAllowed;
  if (!isInCall(inviter)) return notAccepted;
  const wanted = command.participantIds.filter((userId) => {
    const participant = findParticipant(context.call, userId);
    return participant === undefined || !isActive(participant);
  });
  if (wanted.length === 0) return null;
  const free = wanted.filter((userId) => !command.busyUsers.has(userId));
  const refusal = refuseInvite(context, command, wanted, free);
  if (refusal !== null) return refusal;
  if (context.call.mode === 'direct')
    update(context, { mode: 'group', hostId: context.call.initiatorId });
  for (const userId of wanted) {
    const participant = invitedParticipant(userId, findParticipant(context.call, userId), {
      state: free.includes(userId) ? 'invited' : 'busy',
      invitedBy: inviter.userId,
      at: context.now,
      ringSeconds: context.call.timings.ringSeconds,
      type: context.call.type,
    });
    const name = participant.state === 'invited' ? 'call:invited' : 'call:busy';
    context.emit({ name, participant });
  }
  settle(context);
  return null;
}
