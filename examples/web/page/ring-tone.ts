/** `incoming` for the callee, `outgoing` for the caller. */
export type Tone = 'incoming' | 'outgoing';

export interface RingTone {
  /** Null stops the tone. Does nothing for the tone that is playing. */
  play(tone: Tone | null): void;
}

interface Pattern {
  everyMs: number;
  /** The frequency in Hz; the start and the length in seconds. */
  notes: readonly (readonly [frequency: number, begin: number, length: number])[];
  loudness: number;
}

const patterns: Record<Tone, Pattern> = {
  incoming: {
    everyMs: 2600,
    notes: [
      [659, 0, 0.32],
      [784, 0.16, 0.32],
      [988, 0.32, 0.5],
      [784, 0.8, 0.32],
      [988, 0.96, 0.6],
    ],
    loudness: 0.14,
  },
  outgoing: { everyMs: 4000, notes: [[425, 0, 1]], loudness: 0.05 },
};

const FADE_SECONDS = 0.03;

/**
 * Synthesized, so there is no file to load. Browsers block the audio of a page that the user has
 * not touched yet: then the first touch starts the tone, if the call still rings.
 */
export function createRingTone(): RingTone {
  let context: AudioContext | null = null;
  let output: GainNode | null = null;
  let playing: Tone | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;

  const playPattern = ({ notes, loudness }: Pattern) => {
    if (context === null || output === null || context.state !== 'running') return;
    for (const [frequency, begin, length] of notes) {
      const oscillator = new OscillatorNode(context, { type: 'sine', frequency });
      const gain = new GainNode(context, { gain: 0 });
      const from = context.currentTime + begin;
      gain.gain.setValueAtTime(0, from);
      gain.gain.linearRampToValueAtTime(loudness, from + FADE_SECONDS);
      gain.gain.setTargetAtTime(0, from + length - FADE_SECONDS, FADE_SECONDS);
      oscillator.connect(gain).connect(output);
      oscillator.start(from);
      oscillator.stop(from + length + 6 * FADE_SECONDS);
    }
  };

  const resume = () => {
    // Before a touch the browser rejects this or leaves it pending; the next touch tries again.
    context?.resume().then(undefined, () => undefined);
  };
  for (const touch of ['pointerdown', 'keydown']) addEventListener(touch, resume);

  const open = () => {
    context = new AudioContext();
    context.addEventListener('statechange', () => {
      if (playing !== null) playPattern(patterns[playing]);
    });
    return context;
  };

  const stop = () => {
    clearInterval(timer);
    // Silences scheduled notes as well.
    output?.disconnect();
    output = null;
    playing = null;
  };

  return {
    play: (tone) => {
      if (tone === playing) return;
      stop();
      if (tone === null) return;
      playing = tone;
      const { destination } = context ?? open();
      output = new GainNode(destination.context);
      output.connect(destination);
      resume();
      const pattern = patterns[tone];
      playPattern(pattern);
      timer = setInterval(() => playPattern(pattern), pattern.everyMs);
    },
  };
}
