/** What is heard while it rings: `incoming` here, `outgoing` (the caller's tone) there. */
export type Tone = 'incoming' | 'outgoing';

export interface RingTone {
  /** null: silence. Asking again for the tone that plays changes nothing. */
  play(tone: Tone | null): void;
}

interface Pattern {
  everyMs: number;
  /** Frequency in Hz, begin and length in seconds. */
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
 * Made by the browser, so there is no file to load. A page that nobody has touched yet may not sound:
 * then the first touch, wherever it goes, starts the tone if it still rings.
 */
export function createRingTone(): RingTone {
  let context: AudioContext | null = null;
  let output: GainNode | null = null;
  let playing: Tone | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;

  const round = ({ notes, loudness }: Pattern) => {
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
    // Without a touch the browser may refuse or let us wait: then the next touch tries again.
    context?.resume().then(undefined, () => undefined);
  };
  for (const touch of ['pointerdown', 'keydown']) addEventListener(touch, resume);

  const open = () => {
    context = new AudioContext();
    context.addEventListener('statechange', () => {
      if (playing !== null) round(patterns[playing]);
    });
    return context;
  };

  const stop = () => {
    clearInterval(timer);
    // Also silences the notes that are still to come.
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
      round(pattern);
      timer = setInterval(() => round(pattern), pattern.everyMs);
    },
  };
}
