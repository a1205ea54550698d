import type { ClientEvents } from '@ringline/contract';
import {
  type Call,
  callEnded,
  callNotFound,
  isIn,
  isShutOut,
  isTerminal,
  notAccepted,
  notAllowed,
  type Participant,
  participantOf,
} from '@ringline/domain';
import { roomOfDevice, roomOfUser } from '@ringline/engine';
import type { Store } from '@ringline/store';
import { type Answer, answered, type Refused, refused } from '../answer.ts';
import { isElsewhere, type UserAsker } from '../identity/asker.ts';
import type { RinglineServer } from './io.ts';

type RelayName = 'webrtc:offer' | 'webrtc:answer' | 'webrtc:ice_candidate';

function refusalFor(call: Call | undefined, asker: UserAsker): Refused | null {
  const self = call && participantOf(call, asker.person.userId);
  if (call === undefined || self === undefined) return callNotFound;
  if (isTerminal(call)) return callEnded;
  if (isShutOut(self)) return notAllowed;
  if (!isIn(self)) return notAccepted;
  return isElsewhere(asker, self)
    ? refused('ANSWERED_ELSEWHERE', 'You are in this call on another device.').refusal
    : null;
}

function placeOf({ userId, deviceId }: Participant): string {
  return deviceId === null ? roomOfUser(userId) : roomOfDevice(userId, deviceId);
}

/**
 * Hands a payload on between two participants who are both past the accept, for host apps that go peer to
 * peer. It is told to the device that is in the call, and to nobody else.
 */
export function createRelay(io: RinglineServer, store: Store) {
  return async (
    name: RelayName,
    asker: UserAsker,
    { callId, to, ...payload }: ClientEvents[RelayName],
  ): Promise<Answer<object>> => {
    const call = (await store.load(callId))?.call;
    const refusal = refusalFor(call, asker);
    if (call === undefined || refusal !== null) return { refusal: refusal ?? callNotFound };
    const other = participantOf(call, to);
    if (other === undefined || !isIn(other) || to === asker.person.userId) {
      return refused('NOT_ACCEPTED', 'That user is not in this call.');
    }
    io.to(placeOf(other)).emit(name, { ...payload, callId, from: asker.person.userId });
    return answered({});
  };
}
