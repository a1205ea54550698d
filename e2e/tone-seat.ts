import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  type RemoteTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import type { Connection } from '@ringline/contract';
import { shareOf, tone } from './tone.ts';

const SAMPLE_RATE = 16_000;
/** Long enough to tell tones apart that are 100 Hz from each other. */
const FRAME_MS = 100;
const FRAME = (SAMPLE_RATE * FRAME_MS) / 1000;
/** Of 16 bit samples, as root mean square. */
const AUDIBLE = 200;

/** Somebody in a LiveKit room who plays a tone and listens. */
export interface Seat {
  /** The clearest tone that was heard of each other user so far. */
  readonly hears: ReadonlyMap<string, HeardTone>;
  /** When something of anybody else came in last, as `performance.now()`; 0 before the first. */
  readonly lastHeard: { readonly sound: number; readonly data: number };
  /** Whether LiveKit still has the session, as the client sees it. */
  isConnected(): boolean;
  leave(): Promise<void>;
}

export interface HeardTone {
  readonly hertz: number;
  /** Of all that was heard in that moment, 0 to 1. */
  readonly share: number;
}

export interface SeatOptions {
  /** What to publish. */
  readonly hertz: number;
  /** The tones to listen for. */
  readonly listenFor: readonly number[];
  /** Whether to send a data packet to the others every 50 ms. */
  readonly sendsData?: boolean;
}

const DATA_EVERY_MS = 50;

/** Joins the room of a connection that the call service gave, and publishes a tone. */
export async function takeSeat(
  connection: Connection,
  { hertz, listenFor, sendsData = false }: SeatOptions,
): Promise<Seat> {
  const room = new Room();
  const lastHeard = { sound: 0, data: 0 };
  const hears = new Map<string, HeardTone>();
  const stopsListening: (() => Promise<void>)[] = [];
  room.on(RoomEvent.TrackSubscribed, (track, _publication, participant) => {
    if (track.kind !== TrackKind.KIND_AUDIO) return;
    const { identity } = participant;
    const note = (heard: HeardTone) => {
      lastHeard.sound = performance.now();
      if (heard.share > (hears.get(identity)?.share ?? 0)) hears.set(identity, heard);
    };
    stopsListening.push(listen(track, listenFor, note));
  });
  room.on(RoomEvent.DataReceived, () => {
    lastHeard.data = performance.now();
  });
  await room.connect(connection.url, connection.token, {
    autoSubscribe: true,
    dynacast: false,
  });
  const stopTone = await publishTone(room, hertz);
  const stopData = sendsData ? sendData(room) : () => undefined;
  return {
    hears,
    lastHeard,
    isConnected: () => room.isConnected,
    leave: async () => {
      await Promise.all(stopsListening.map((stop) => stop()));
      stopData();
      await stopTone();
      await room.disconnect();
    },
  };
}

/** @returns how to stop. */
function sendData(room: Room): () => void {
  const packet = new TextEncoder().encode('still here');
  const timer = setInterval(() => {
    // What is sent while the connection is lost is lost, too: the next packet follows.
    room.localParticipant?.publishData(packet, { reliable: true }).catch(() => undefined);
  }, DATA_EVERY_MS);
  return () => clearInterval(timer);
}

async function publishTone(room: Room, hertz: number): Promise<() => Promise<void>> {
  const source = new AudioSource(SAMPLE_RATE, 1);
  const track = LocalAudioTrack.createAudioTrack('tone', source);
  const options = new TrackPublishOptions();
  options.source = TrackSource.SOURCE_MICROPHONE;
  options.dtx = false;
  await room.localParticipant?.publishTrack(track, options);

  let stopped = false;
  const play = async () => {
    for (let at = 0; !stopped; at += FRAME) {
      await source.captureFrame(
        new AudioFrame(tone(hertz, SAMPLE_RATE, FRAME, at), SAMPLE_RATE, 1, FRAME),
      );
    }
  };
  const playing = play();
  return async () => {
    stopped = true;
    await playing;
    await track.close();
  };
}

/** @returns how to stop: a stream does not always end by itself when the room goes away under it. */
function listen(
  track: RemoteTrack,
  tones: readonly number[],
  onHeard: (heard: HeardTone) => void,
): () => Promise<void> {
  const format = { sampleRate: SAMPLE_RATE, numChannels: 1, frameSizeMs: FRAME_MS };
  const frames = new AudioStream(track, format).getReader();
  const read = async () => {
    for (let next = await frames.read(); !next.done; next = await frames.read()) {
      const sound = next.value.data;
      if (loudnessOf(sound) < AUDIBLE) continue;
      const shares = tones.map((hertz) => ({ hertz, share: shareOf(hertz, SAMPLE_RATE, sound) }));
      onHeard(shares.reduce((best, one) => (one.share > best.share ? one : best)));
    }
  };
  const reading = read();
  return async () => {
    await frames.cancel();
    await reading;
  };
}

function loudnessOf(sound: Int16Array): number {
  return Math.sqrt(sound.reduce((sum, sample) => sum + sample * sample, 0) / sound.length);
}
