import { isIn, isLive, isShutOut, isTerminal, participantOf } from '../call.ts';
import type { RequestToken, Toggle } from '../commands.ts';
import {
  answeredElsewhere,
  callEnded,
  callNotFound,
  notAccepted,
  notAllowed,
  type Refusal,
  refuse,
} from '../refusals.ts';
import { introduced, type Turn } from '../turn.ts';
import { bindDevice, isOtherDevice } from './answer.ts';

/** Only those who are In have anything to say about themselves. */
function refuseUnlessIn(turn: Turn, userId: string): Refusal | null {
  const participant = participantOf(turn.call, userId);
  if (participant === undefined) return callNotFound;
  if (isTerminal(turn.call)) return callEnded;
  if (isShutOut(participant)) return notAllowed;
  return isIn(participant) ? null : notAccepted;
}

export function requestToken(turn: Turn, command: RequestToken): Refusal | null {
  const { userId } = command.person;
  const refusal = refuseUnlessIn(turn, userId);
  if (refusal !== null) return refusal;
  const participant = turn.participant(userId);
  if (isOtherDevice(participant, command.deviceId) && !command.takeover) return answeredElsewhere;
  if (turn.call.participants.filter(isLive).length > turn.call.maxParticipants) {
    return refuse('CALL_FULL', 'Every seat in this call is taken.');
  }
  bindDevice(turn, participant, command.deviceId);
  return null;
}

/** What the client says of its own tracks; saying what is known already changes nothing. */
export function toggle(turn: Turn, command: Toggle): Refusal | null {
  const refusal = refuseUnlessIn(turn, command.person.userId);
  if (refusal !== null) return refusal;
  const before = turn.participant(command.person.userId);
  const after = {
    ...introduced(before, command.person),
    audioEnabled: command.audioEnabled ?? before.audioEnabled,
    videoEnabled: command.videoEnabled ?? before.videoEnabled,
    screenSharing: command.screenSharing ?? before.screenSharing,
  };
  const same =
    after.audioEnabled === before.audioEnabled &&
    after.videoEnabled === before.videoEnabled &&
    after.screenSharing === before.screenSharing;
  if (!same) turn.emit({ name: 'call:participant_updated', participant: after });
  return null;
}
