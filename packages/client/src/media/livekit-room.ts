import type { Participant, Room, Track } from 'livekit-client';
import type { RinglineError } from '../errors.ts';
import type { Speaker } from './audio-player.ts';
import { captureError, withDefaultDevice } from './capture.ts';
import { createOwnDrawing } from './full-size-video.ts';
import { watchPath } from './ice-status.ts';
import type { LiveKit } from './load-livekit.ts';
import { tellOfLostDevices } from './lost-device.ts';
import { readLineStats } from './media-stats.ts';
import { type MediaRoom, type MediaTrack, nothing, type Sending, type UserMedia } from './room.ts';
import { createVideoControl } from './video-control.ts';

/** One wrapper per LiveKit track, so that a page can tell by identity whether it shows it already. */
function createWrapper(livekit: LiveKit) {
  const drawnByHostApp = createOwnDrawing(livekit);
  const known = new WeakMap<Track, MediaTrack>();
  const wrap = (track: Track): MediaTrack => ({
    get muted() {
      return track.isMuted;
    },
    get mediaStreamTrack() {
      drawnByHostApp(track);
      return track.mediaStreamTrack;
    },
    attach: (element) => {
      track.attach(element);
    },
    detach: (element) => {
      track.detach(element);
    },
  });
  return (track: Track | undefined): MediaTrack | null => {
    if (track === undefined) return null;
    const wrapped = known.get(track) ?? wrap(track);
    known.set(track, wrapped);
    return wrapped;
  };
}

/** The events after which something that a page shows may look different. */
function changesOf({ RoomEvent }: LiveKit) {
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

interface RoomParts {
  wanted: Sending;
  /** When what is wanted goes out, as far as it is to be had. Until then `sending` says what is wanted. */
  published: Promise<void>;
  speaker: Speaker;
  onChange(): void;
  onError(error: RinglineError): void;
}

/** A LiveKit room as the SDK sees it. To be called before the room connects, or it misses events. */
export function present(livekit: LiveKit, room: Room, parts: RoomParts): MediaRoom {
  const { wanted, published, speaker, onChange, onError } = parts;
  const { RoomEvent, DisconnectReason, ConnectionState } = livekit;
  const { Source } = livekit.Track;
  const wrap = createWrapper(livekit);
  const local = room.localParticipant;

  /** A track that is given up stays around until LiveKit has agreed, and is black meanwhile. */
  const trackOf = (participant: Participant, source: Track.Source) => {
    const publication = participant.getTrackPublication(source);
    return wrap(publication?.isSubscribed === true ? publication.track : undefined);
  };
  const viewOf = (participant: Participant): UserMedia => ({
    microphone: trackOf(participant, Source.Microphone),
    camera: trackOf(participant, Source.Camera),
    screen: trackOf(participant, Source.ScreenShare),
    speaking: participant.isSpeaking,
    lost: participant.connectionQuality === livekit.ConnectionQuality.Lost,
  });
  const path = watchPath(livekit, room, onChange);

  room.on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
    if (track.kind === livekit.Track.Kind.Audio) speaker.play(track, participant.identity);
  });
  room.on(RoomEvent.TrackUnsubscribed, (track) => speaker.stop(track));
  for (const event of changesOf(livekit)) room.on(event, onChange);
  tellOfLostDevices(livekit, room, onError);

  let isPublished = false;
  const done = published.then(() => {
    isPublished = true;
    onChange();
  });
  const video = createVideoControl(livekit, room, { published: done, onChange, onError });

  const gone = new Promise<'moved' | 'lost'>((resolve) => {
    room.once(RoomEvent.Disconnected, (reason) =>
      resolve(reason === DisconnectReason.DUPLICATE_IDENTITY ? 'moved' : 'lost'),
    );
  });

  return {
    // While only the signalling is away, sound and pictures still flow.
    get steady() {
      const isInRoom =
        room.state === ConnectionState.Connected ||
        room.state === ConnectionState.SignalReconnecting;
      return isInRoom && path.isAlive;
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
      return viewOf(local);
    },
    remote: (userId) => {
      const participant = room.remoteParticipants.get(userId);
      return participant === undefined ? nothing : viewOf(participant);
    },
    get audioBlocked() {
      return !room.canPlaybackAudio;
    },
    unblockAudio: () => room.startAudio(),
    send: async (source, on) => {
      await done;
      try {
        if (source !== 'microphone') return await video.set(source, on);
        await withDefaultDevice(room, source, onError, () => local.setMicrophoneEnabled(on));
      } catch (error) {
        throw captureError(source, error);
      }
    },
    limitVideo: video.limit,
    readStats: () => readLineStats(livekit, room),
    gone,
  };
}
