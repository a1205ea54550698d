import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  type RemoteTrack,
  type Room,
  TrackPublishOptions,
  TrackSource,
} from '@livekit/rtc-node';

export interface HeardTone {
  readonly hertz: number;
  /** Its share of everything that was heard at that moment, 0 to 1. */
  readonly share: number;
}

const SAMPLE_RATE = 16_000;
/** Long enough to tell tones apart that are 100 Hz from each other. */
const FRAME_MS = 100;
const FRAME = (SAMPLE_RATE * FRAME_MS) / 1000;
/** Root mean square of 16-bit samples. */
const AUDIBLE = 200;

/**
 * Publishes a steady tone as the microphone.
 * @returns how to stop it.
 */
export async function publishTone(room: Room, hertz: number): Promise<() => Promise<void>> {
  const source = new AudioSource(SAMPLE_RATE, 1);
  const track = LocalAudioTrack.createAudioTrack('tone', source);
  const options = new TrackPublishOptions();
  options.source = TrackSource.SOURCE_MICROPHONE;
  options.dtx = false;
  await room.localParticipant?.publishTrack(track, options);

  let stopped = false;
  const play = async () => {
    for (let at = 0; !stopped; at += FRAME) {
      await source.captureFrame(new AudioFrame(makeTone(hertz, at), SAMPLE_RATE, 1, FRAME));
    }
  };
  const playing = play();
  return async () => {
    stopped = true;
    await playing;
    await track.close();
  };
}

/**
 * Reports the clearest of the given tones, ten times a second while the track is audible.
 * @returns how to stop: a stream does not always end by itself when its room is closed.
 */
export function listenForTones(
  track: RemoteTrack,
  tones: readonly number[],
  onHeard: (heard: HeardTone) => void,
): () => Promise<void> {
  const format = { sampleRate: SAMPLE_RATE, numChannels: 1, frameSizeMs: FRAME_MS };
  const frames = new AudioStream(track, format).getReader();
  const read = async () => {
    for (let next = await frames.read(); !next.done; next = await frames.read()) {
      const sound = next.value.data;
      if (measureLoudness(sound) < AUDIBLE) continue;
      const heard = tones.map((hertz) => ({ hertz, share: measureShare(hertz, sound) }));
      onHeard(heard.reduce((best, one) => (one.share > best.share ? one : best)));
    }
  };
  const reading = read();
  return async () => {
    await frames.cancel();
    await reading;
  };
}

function makeTone(hertz: number, from: number): Int16Array {
  return Int16Array.from(
    { length: FRAME },
    (_, index) => 12_000 * Math.sin((2 * Math.PI * hertz * (from + index)) / SAMPLE_RATE),
  );
}

/** How much of the sound's energy lies at this frequency, 0 to 1 (Goertzel's algorithm). */
function measureShare(hertz: number, sound: Int16Array): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / SAMPLE_RATE);
  let [last, beforeLast, energy] = [0, 0, 0];
  for (const sample of sound) {
    [last, beforeLast] = [sample + coefficient * last - beforeLast, last];
    energy += sample * sample;
  }
  if (energy === 0) return 0;
  const power = last * last + beforeLast * beforeLast - coefficient * last * beforeLast;
  return (2 * power) / (energy * sound.length);
}

function measureLoudness(sound: Int16Array): number {
  return Math.sqrt(sound.reduce((sum, sample) => sum + sample * sample, 0) / sound.length);
}
