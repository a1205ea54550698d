import { setTimeout as sleep } from 'node:timers/promises';
import {
  AudioFrame,
  AudioSource,
  dispose,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';
import { type HeardTone, listenForTones, publishTone } from './tone.ts';

const SAMPLE_RATE = 48_000;
const FRAME = SAMPLE_RATE / 100;

/** A participant in a LiveKit room, without a browser. */
export interface Attendance {
  /** LiveKit's id of this session. */
  readonly sid: string;
  /** Whether the session lasts, as the client sees it. */
  isConnected(): boolean;
  /** Resolves once LiveKit, or `leave`, has ended the session. */
  readonly over: Promise<void>;
  /** Publishes silence, as the microphone. */
  speak(): Promise<void>;
  /** Resolves once something that was published is muted. */
  readonly muted: Promise<void>;
  /** With `tone`: the clearest tone that was heard of each other user so far. */
  readonly hears: ReadonlyMap<string, HeardTone>;
  /** When something of another user last arrived, as `performance.now()`; 0 before the first. */
  readonly lastHeard: { readonly sound: number; readonly data: number };
  leave(): Promise<void>;
}

export interface AttendOptions {
  /**
   * Plays a tone, and listens for the given ones. Without it, no track is published or subscribed
   * to.
   */
  readonly tone?: { readonly hertz: number; readonly listenFor: readonly number[] };
  /** Sends data packets to the others. */
  readonly sendData?: { readonly everyMs: number; readonly reliable: boolean };
}

/** Joins a room with the token of a connection. Rejects if LiveKit refuses it. */
export async function attendRoom(
  { url, token }: { url: string; token: string },
  { tone, sendData }: AttendOptions = {},
): Promise<Attendance> {
  const room = new Room();
  const over = waitFor(room, RoomEvent.Disconnected);
  const muted = waitFor(room, RoomEvent.TrackMuted);
  const { hears, lastHeard, stopListening } = listen(room, tone?.listenFor ?? []);
  await room.connect(url, token, { autoSubscribe: tone !== undefined, dynacast: false });
  const stopTone = tone && (await publishTone(room, tone.hertz));
  const sending = sendData && setInterval(sendPacket, sendData.everyMs, room, sendData.reliable);
  return {
    sid: room.localParticipant?.sid ?? '',
    isConnected: () => room.isConnected,
    over,
    speak: () => publishSilence(room),
    muted,
    hears,
    lastHeard,
    leave: async () => {
      await stopListening();
      clearInterval(sending);
      await stopTone?.();
      await upTo(ANSWERS_WITHIN_MS, 'disconnect', room.disconnect());
    },
  };
}

/** LiveKit's client sometimes never answers, if LiveKit deletes the room at the same moment. */
const ANSWERS_WITHIN_MS = 20_000;

async function upTo(limitMs: number, what: string, work: Promise<void>): Promise<void> {
  const late = sleep(limitMs, 'late', { ref: false });
  if ((await Promise.race([work, late])) === 'late') console.warn(`${what} was not answered`);
}

function waitFor(room: Room, event: RoomEvent.Disconnected | RoomEvent.TrackMuted): Promise<void> {
  return new Promise((resolve) => {
    room.once(event, () => resolve());
  });
}

function listen(room: Room, tones: readonly number[]) {
  const lastHeard = { sound: 0, data: 0 };
  const hears = new Map<string, HeardTone>();
  const stops: (() => Promise<void>)[] = [];
  room.on(RoomEvent.TrackSubscribed, (track, _publication, { identity }) => {
    if (track.kind !== TrackKind.KIND_AUDIO) return;
    const note = (heard: HeardTone) => {
      lastHeard.sound = performance.now();
      if (heard.share > (hears.get(identity)?.share ?? 0)) hears.set(identity, heard);
    };
    stops.push(listenForTones(track, tones, note));
  });
  room.on(RoomEvent.DataReceived, () => {
    lastHeard.data = performance.now();
  });
  const stopListening = () => Promise.all(stops.splice(0).map((stop) => stop()));
  return { hears, lastHeard, stopListening };
}

function sendPacket(room: Room, reliable: boolean): void {
  if (!room.isConnected) return;
  const packet = new TextEncoder().encode('still here');
  // A packet may be lost with the connection: the next one follows.
  room.localParticipant?.publishData(packet, { reliable }).catch(() => undefined);
}

async function publishSilence(room: Room): Promise<void> {
  const source = new AudioSource(SAMPLE_RATE, 1);
  const track = LocalAudioTrack.createAudioTrack('microphone', source);
  const options = new TrackPublishOptions();
  options.source = TrackSource.SOURCE_MICROPHONE;
  await room.localParticipant?.publishTrack(track, options);
  await source.captureFrame(new AudioFrame(new Int16Array(FRAME), SAMPLE_RATE, 1, FRAME));
}

/** Lets the process end: call it once, after the last of a file's rooms. */
export function closeMedia(): Promise<void> {
  return upTo(ANSWERS_WITHIN_MS, 'dispose', dispose());
}
