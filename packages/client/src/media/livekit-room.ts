import type { Room } from 'livekit-client';
import type { AudioPlayer } from './audio-player.ts';
import { captureError, withDefaultDevice } from './capture.ts';
import { watchIce } from './ice-status.ts';
import type { LiveKit } from './load-livekit.ts';
import { reportLostDevices } from './lost-device.ts';
import { readMediaStats } from './media-stats.ts';
import { type MediaRoom, nothing, type RoomHandlers, type Sending } from './room.ts';
import { createUserMediaReader } from './user-media.ts';
import { createVideoControl } from './video-control.ts';

/** The events after which a page may have to be drawn again. */
function getChangeEvents({ RoomEvent }: LiveKit) {
  return [
    RoomEvent.ActiveSpeakersChanged,
    RoomEvent.AudioPlaybackStatusChanged,
    RoomEvent.ConnectionQualityChanged,
    RoomEvent.ConnectionStateChanged,
    RoomEvent.LocalTrackPublished,
    RoomEvent.LocalTrackUnpublished,
    RoomEvent.ParticipantDisconnected,
    RoomEvent.TrackMuted,
    RoomEvent.TrackSubscribed,
    RoomEvent.TrackUnmuted,
    RoomEvent.TrackUnsubscribed,
  ] as const;
}

function playAudio(livekit: LiveKit, room: Room, player: AudioPlayer): void {
  room.on(livekit.RoomEvent.TrackSubscribed, (track, _publication, participant) => {
    if (track.kind === livekit.Track.Kind.Audio) player.play(track, participant.identity);
  });
  room.on(livekit.RoomEvent.TrackUnsubscribed, (track) => player.stop(track));
}

function waitUntilGone({ RoomEvent, DisconnectReason }: LiveKit, room: Room) {
  return new Promise<'moved' | 'lost'>((resolve) => {
    room.once(RoomEvent.Disconnected, (reason) =>
      resolve(reason === DisconnectReason.DUPLICATE_IDENTITY ? 'moved' : 'lost'),
    );
  });
}

interface MediaRoomDeps extends RoomHandlers {
  wanted: Sending;
  /**
   * Resolves when everything wanted and available is published. Until then, `sending` is what is
   * wanted.
   */
  published: Promise<void>;
  player: AudioPlayer;
}

/** Adapts a LiveKit room. Must be called before the room connects, or it misses events. */
export function createMediaRoom(livekit: LiveKit, room: Room, deps: MediaRoomDeps): MediaRoom {
  const { wanted, player, onChange, onError } = deps;
  const { ConnectionState } = livekit;
  const local = room.localParticipant;
  const readUserMedia = createUserMediaReader(livekit);
  const ice = watchIce(livekit, room, onChange);
  playAudio(livekit, room, player);
  for (const event of getChangeEvents(livekit)) room.on(event, onChange);
  reportLostDevices(livekit, room, onError);

  let isPublished = false;
  const published = deps.published.then(() => {
    isPublished = true;
    onChange();
  });
  const video = createVideoControl(livekit, room, { published, onChange, onError });

  return {
    get steady() {
      // Without signalling alone, audio and video still flow.
      const isInRoom =
        room.state === ConnectionState.Connected ||
        room.state === ConnectionState.SignalReconnecting;
      return isInRoom && ice.isAlive;
    },
    get sending() {
      if (!isPublished) return wanted;
      return {
        microphone: local.isMicrophoneEnabled,
        camera: video.isOn('camera'),
        screen: video.isOn('screen'),
      };
    },
    get local() {
      return readUserMedia(local);
    },
    remote: (userId) => {
      const participant = room.remoteParticipants.get(userId);
      return participant === undefined ? nothing : readUserMedia(participant);
    },
    get audioBlocked() {
      return !room.canPlaybackAudio;
    },
    unblockAudio: () => room.startAudio(),
    send: async (source, on) => {
      await published;
      try {
        if (source !== 'microphone') return await video.set(source, on);
        await withDefaultDevice(room, source, onError, () => local.setMicrophoneEnabled(on));
      } catch (error) {
        throw captureError(source, error);
      }
    },
    limitVideo: video.limit,
    readStats: () => readMediaStats(livekit, room),
    gone: waitUntilGone(livekit, room),
  };
}
