import type { ClientEvents } from '@ringline/contract';
import {
  type Call,
  callEnded,
  callNotFound,
  findParticipant,
  isBarred,
  isInCall,
  isTerminal,
  notAccepted,
  notAllowed,
  type Participant,
} from '@ringline/domain';
import { roomOfDevice, roomOfUser } from '@ringline/engine';
import type { Store } from '@ringline/store';
import { isOnAnotherDevice, type UserPrincipal } from '../identity/principal.ts';
import { ok, type Refusal, type Result, refused } from '../result.ts';
import type { RinglineServer } from './io.ts';

type RelayName = 'webrtc:offer' | 'webrtc:answer' | 'webrtc:ice_candidate';

function refusalFor(call: Call | undefined, principal: UserPrincipal): Refusal | null {
  const self = call && findParticipant(call, principal.person.userId);
  if (call === undefined || self === undefined) return callNotFound;
  if (isTerminal(call)) return callEnded;
  if (isBarred(self)) return notAllowed;
  if (!isInCall(self)) return notAccepted;
  return isOnAnotherDevice(principal, self)
    ? refused('ANSWERED_ELSEWHERE', 'You are in this call on another device.').refusal
    : null;
}

function toSocketRoom({ userId, deviceId }: Participant): string {
  return deviceId === null ? roomOfUser(userId) : roomOfDevice(userId, deviceId);
}

/**
 * Hands a payload on between two participants who are both past the accept, for host apps that go peer to
 * peer. It is told to the device that is in the call, and to nobody else.
 */
export function createRelay(io: RinglineServer, store: Store) {
  return async (
    name: RelayName,
    principal: UserPrincipal,
    { callId, to, ...payload }: ClientEvents[RelayName],
  ): Promise<Result<object>> => {
    const call = (await store.load(callId))?.call;
    const refusal = refusalFor(call, principal);
    if (call === undefined || refusal !== null) return { refusal: refusal ?? callNotFound };
    const other = findParticipant(call, to);
    if (other === undefined || !isInCall(other) || to === principal.person.userId) {
      return refused('NOT_ACCEPTED', 'That user is not in this call.');
    }
    io.to(toSocketRoom(other)).emit(name, { ...payload, callId, from: principal.person.userId });
    return ok({});
  };
}
