import type { Room } from 'livekit-client';
import type { LiveKit } from './load-livekit.ts';

/** The ICE transports of a room's tracks. */
export interface IceStatus {
  /**
   * False within seconds after the last packet. LiveKit's client itself notices after some fifteen
   * seconds.
   */
  readonly isAlive: boolean;
}

type TrackTransport = { transport?: RTCDtlsTransport | null } | undefined;

const DEAD: readonly RTCIceTransportState[] = ['disconnected', 'failed'];

/** Must be called before the room connects, or it misses tracks. */
export function watchIce({ RoomEvent }: LiveKit, room: Room, onChange: () => void): IceStatus {
  const transports = new Set<RTCIceTransport>();

  const watch = (track: TrackTransport) => {
    // Firefox before 2023 exposes no transport: there only LiveKit's client notices.
    const ice = track?.transport?.iceTransport;
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
