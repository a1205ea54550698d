import {
  findParticipant,
  isActive,
  isBarred,
  isInCall,
  isOnOtherDevice,
  isTerminal,
} from '../call.ts';
import type { RequestToken, Toggle } from '../commands.ts';
import { type DecisionContext, withProfile } from '../decision-context.ts';
import {
  answeredElsewhere,
  callEnded,
  callNotFound,
  notAccepted,
  notAllowed,
  type Refusal,
  refuse,
} from '../refusals.ts';
import { bindDevice } from './answer.ts';

function refuseUnlessInCall(context: DecisionContext, userId: string): Refusal | null {
  const participant = findParticipant(context.call, userId);
  if (participant === undefined) return callNotFound;
  if (isTerminal(context.call)) return callEnded;
  if (isBarred(participant)) return notAllowed;
  return isInCall(participant) ? null : notAccepted;
}

export function requestToken(context: DecisionContext, command: RequestToken): Refusal | null {
  const { userId } = command.person;
  const refusal = refuseUnlessInCall(context, userId);
  if (refusal !== null) return refusal;
  const participant = context.participant(userId);
  if (isOnOtherDevice(participant, command.deviceId) && !command.takeover) return answeredElsewhere;
  if (context.call.participants.filter(isActive).length > context.call.maxParticipants) {
    return refuse('CALL_FULL', 'Every seat in this call is taken.');
  }
  bindDevice(context, participant, command.deviceId);
  return null;
}

/** Updates which tracks the client has switched on. Repeating the known state changes nothing. */
export function toggle(context: DecisionContext, command: Toggle): Refusal | null {
  const refusal = refuseUnlessInCall(context, command.person.userId);
  if (refusal !== null) return refusal;
  const before = context.participant(command.person.userId);
  const after = {
    ...withProfile(before, command.person),
    audioEnabled: command.audioEnabled ?? before.audioEnabled,
    videoEnabled: command.videoEnabled ?? before.videoEnabled,
    screenSharing: command.screenSharing ?? before.screenSharing,
  };
  const same =
    after.audioEnabled === before.audioEnabled &&
    after.videoEnabled === before.videoEnabled &&
    after.screenSharing === before.screenSharing;
  if (!same) context.emit({ name: 'call:participant_updated', participant: after });
  return null;
}
