import {
  AudioSource,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import type { Connection } from '@ringline/contract';

/** Somebody in LiveKit's room, for real. */
export interface Seat {
  room: Room;
  /** Resolves when LiveKit, or the person, has ended it. */
  gone: Promise<void>;
  /** Publishes a silent microphone; `muted` resolves once somebody muted it. */
  publish(): Promise<{ muted: Promise<void> }>;
  leave(): Promise<void>;
}

/** Goes in with what the call service gave; rejects where LiveKit does not let them in. */
export const takeSeat = async (
  { token }: Pick<Connection, 'token'>,
  url: string,
): Promise<Seat> => {
  const room = new Room();
  const gone = new Promise<void>((resolve) => {
    room.once(RoomEvent.Disconnected, () => resolve());
  });
  await room.connect(url, token, { autoSubscribe: true, dynacast: false });
  return {
    room,
    gone,
    publish: async () => {
      const track = LocalAudioTrack.createAudioTrack('microphone', new AudioSource(48_000, 1));
      const options = new TrackPublishOptions();
      options.source = TrackSource.SOURCE_MICROPHONE;
      await room.localParticipant?.publishTrack(track, options);
      const muted = new Promise<void>((resolve) => {
        room.once(RoomEvent.TrackMuted, () => resolve());
      });
      return { muted };
    },
    leave: () => room.disconnect(),
  };
};
