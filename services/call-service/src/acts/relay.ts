import type { ActInput } from '@ringline/contract';
import {
  answeredElsewhere,
  callEnded,
  callNotFound,
  isBarred,
  isInCall,
  isOnOtherDevice,
  isTerminal,
  notAccepted,
  notAllowed,
  type Refusal,
} from '@ringline/domain';
import { roomOfDevice, roomOfUser } from '@ringline/engine';
import type { Peer } from '@ringline/store';
import { ok, type Result, refused } from '../result.ts';
import type { ActParts, SocketPrincipal } from './act.ts';

function refuseSender(self: Peer | undefined, deviceId: string | null): Refusal | null {
  if (self === undefined) return callNotFound;
  if (isTerminal(self.call)) return callEnded;
  if (isBarred(self)) return notAllowed;
  if (!isInCall(self)) return notAccepted;
  return isOnOtherDevice(self, deviceId) ? answeredElsewhere : null;
}

function toSocketRoom({ userId, deviceId }: Peer): string {
  return deviceId === null ? roomOfUser(userId) : roomOfDevice(userId, deviceId);
}

/**
 * Relays a payload to another participant, for host apps with peer-to-peer media. Both must be in
 * the call. Only the device that is in the call receives it. Connecting sends many candidates, so
 * this reads two rows instead of the whole call.
 */
export function relay(event: 'webrtc:offer' | 'webrtc:answer' | 'webrtc:ice_candidate') {
  return async (
    { engine: { store } }: ActParts,
    { person: { userId }, deviceId, socket }: SocketPrincipal,
    { callId, to, ...payload }: ActInput<'relayOffer'>,
  ): Promise<Result<object>> => {
    const peers = await store.findPeers(callId, [userId, to]);
    const refusal = refuseSender(
      peers.find((peer) => peer.userId === userId),
      deviceId,
    );
    if (refusal !== null) return { refusal };
    const other = peers.find((peer) => peer.userId === to);
    if (other === undefined || !isInCall(other) || to === userId) {
      return refused('NOT_ACCEPTED', 'That user is not in this call.');
    }
    socket.nsp.to(toSocketRoom(other)).emit(event, { ...payload, callId, from: userId });
    return ok({});
  };
}
