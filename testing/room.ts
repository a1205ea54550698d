import {
  AudioFrame,
  AudioSource,
  dispose,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';

const SAMPLE_RATE = 48_000;
const FRAME = SAMPLE_RATE / 100;

/** Somebody in a LiveKit room, without a browser. */
export interface Attendance {
  /** LiveKit's id of this session. */
  readonly sid: string;
  isConnected(): boolean;
  /** Resolves once LiveKit, or we ourselves, have ended it. */
  readonly over: Promise<void>;
  /** Publishes silence, as the microphone. */
  speak(): Promise<void>;
  /** Resolves once something that was published is muted. */
  readonly muted: Promise<void>;
  leave(): Promise<void>;
}

/** Joins a room with the token of a connection. Rejects where LiveKit does not let it in. */
export async function attendRoom({
  url,
  token,
}: {
  url: string;
  token: string;
}): Promise<Attendance> {
  const room = new Room();
  const over = when(room, RoomEvent.Disconnected);
  const muted = when(room, RoomEvent.TrackMuted);
  await room.connect(url, token, { autoSubscribe: false, dynacast: false });
  return {
    sid: room.localParticipant?.sid ?? '',
    isConnected: () => room.isConnected,
    over,
    speak: () => speakIn(room),
    muted,
    leave: () => room.disconnect(),
  };
}

function when(room: Room, event: RoomEvent.Disconnected | RoomEvent.TrackMuted): Promise<void> {
  return new Promise((resolve) => {
    room.once(event, () => resolve());
  });
}

async function speakIn(room: Room): Promise<void> {
  const source = new AudioSource(SAMPLE_RATE, 1);
  const track = LocalAudioTrack.createAudioTrack('microphone', source);
  const options = new TrackPublishOptions();
  options.source = TrackSource.SOURCE_MICROPHONE;
  await room.localParticipant?.publishTrack(track, options);
  await source.captureFrame(new AudioFrame(new Int16Array(FRAME), SAMPLE_RATE, 1, FRAME));
}

/** Lets the process end: call it once, after the last of a file's rooms. */
export function closeMedia(): Promise<void> {
  return dispose();
}
