import type { Connection } from '@ringline/contract';
import type {
  AudioCaptureOptions,
  LocalTrack,
  Room,
  RoomOptions,
  VideoCaptureOptions,
} from 'livekit-client';
import type { RinglineError } from '../errors.ts';
import type { MediaOptions } from '../options.ts';
import { createAudioPlayer, silentPlayer } from './audio-player.ts';
import { capture, captureError } from './capture.ts';
import { createMediaRoom } from './livekit-room.ts';
import { loadLiveKit } from './load-livekit.ts';
import type { OpenRoom } from './room.ts';

function toRoomOptions({ microphone, camera }: MediaOptions): RoomOptions {
  return {
    adaptiveStream: true,
    dynacast: true,
    ...(microphone && { audioCaptureDefaults: microphone as AudioCaptureOptions }),
    ...(camera && { videoCaptureDefaults: camera as VideoCaptureOptions }),
  };
}

function toRtcConfig(connection: Connection, { iceTransportPolicy }: MediaOptions) {
  return {
    ...(connection.iceServers.length > 0 && {
      iceServers: connection.iceServers as RTCIceServer[],
    }),
    ...(iceTransportPolicy !== undefined && { iceTransportPolicy }),
  };
}

function stopAll(tracks: LocalTrack[]): void {
  for (const track of tracks) track.stop();
}

async function publishAll(
  room: Room,
  tracks: LocalTrack[],
  onError: (error: RinglineError) => void,
): Promise<void> {
  const publish = async (track: LocalTrack) => {
    try {
      await room.localParticipant.publishTrack(track);
    } catch (error) {
      track.stop();
      onError(captureError(track.kind === 'audio' ? 'microphone' : 'camera', error));
    }
  };
  await Promise.all(tracks.map(publish));
}

export function createRoomOpener(options: MediaOptions): OpenRoom {
  return async (connection, wanted, { onChange, onError }, signal) => {
    const livekit = await loadLiveKit();
    if (signal.aborted) throw new Error('left before LiveKit was loaded');
    const room = new livekit.Room(toRoomOptions(options));
    signal.addEventListener('abort', () => void room.disconnect(), { once: true });

    // Opening a camera takes as long as connecting, so both happen at once. The user may also take
    // long to grant permission, and can see and hear the others meanwhile.
    const captured = capture(room, wanted, onError);
    const { url, token } = connection;
    const connected = room.connect(url, token, { rtcConfig: toRtcConfig(connection, options) });
    const published = connected.then(
      async () => {
        const tracks = await captured;
        if (signal.aborted) stopAll(tracks);
        else await publishAll(room, tracks, onError);
      },
      async () => stopAll(await captured),
    );

    const player = options.playAudio === false ? silentPlayer : createAudioPlayer();
    const media = createMediaRoom(livekit, room, { wanted, published, player, onChange, onError });
    await connected;
    return media;
  };
}
