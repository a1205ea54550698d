import type { Room } from 'livekit-client';
import type { LiveKit } from './load-livekit.ts';

/** The way of sound and pictures to LiveKit and back. */
export interface Path {
  /** False within seconds after the last packet. LiveKit's client itself notices after some fifteen seconds. */
  readonly isAlive: boolean;
}

type Carrier = { transport?: RTCDtlsTransport | null } | undefined;

const DEAD: readonly RTCIceTransportState[] = ['disconnected', 'failed'];

/** Watches the ICE transports of all tracks. To be called before the room connects, or it misses some. */
export function watchPath({ RoomEvent }: LiveKit, room: Room, onChange: () => void): Path {
  const transports = new Set<RTCIceTransport>();

  const watch = (carrier: Carrier) => {
    // Firefox of before 2023 tells of no transport: there LiveKit's client alone notices.
    const ice = carrier?.transport?.iceTransport;
    if (ice === undefined || transports.has(ice)) return;
    transports.add(ice);
    ice.addEventListener('statechange', () => {
      if (ice.state === 'closed') transports.delete(ice);
      onChange();
    });
  };

  room.on(RoomEvent.TrackSubscribed, (track) => watch(track.receiver));
  room.on(RoomEvent.LocalTrackPublished, ({ track }) => watch(track?.sender));
  return {
    get isAlive() {
      return ![...transports].some(({ state }) => DEAD.includes(state));
    },
  };
}
