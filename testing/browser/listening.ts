import type { Page } from 'playwright-core';

/** The first sound of a stream that a page played. */
export interface HeardSound {
  readonly userId: string;
  /** `Date.now()` of the first moment that was not silent. */
  readonly at: number;
}

declare global {
  interface Window {
    ringlineHeard: { userId: string; at: number }[];
    ringlineClicks: Record<string, number>;
  }
}

/**
 * Runs in a page before anything else: records who is heard when, and when each button is clicked.
 */
export function recordSounds(): void {
  const AUDIBLE = 0.01;
  window.ringlineHeard = [];
  window.ringlineClicks = {};
  const known = new WeakSet<MediaStream>();
  const analysers: { userId: string; analyser: AnalyserNode }[] = [];
  let context: AudioContext | null = null;

  const findStreams = () => {
    for (const audio of document.querySelectorAll<HTMLAudioElement>('audio[data-ringline-user]')) {
      const stream = audio.srcObject;
      if (!(stream instanceof MediaStream) || known.has(stream)) continue;
      if (stream.getAudioTracks().length === 0) continue;
      known.add(stream);
      context ??= new AudioContext();
      const analyser = context.createAnalyser();
      context.createMediaStreamSource(stream).connect(analyser);
      analysers.push({ userId: audio.dataset.ringlineUser ?? '', analyser });
    }
  };

  const listen = () => {
    findStreams();
    for (const one of [...analysers]) {
      const samples = new Float32Array(one.analyser.fftSize);
      one.analyser.getFloatTimeDomainData(samples);
      if (!samples.some((sample) => Math.abs(sample) > AUDIBLE)) continue;
      window.ringlineHeard.push({ userId: one.userId, at: Date.now() });
      analysers.splice(analysers.indexOf(one), 1);
    }
  };
  setInterval(listen, 10);
  const note = (event: Event) => {
    const button = (event.target as Element).closest<HTMLElement>('[data-testid]');
    if (button?.dataset.testid) window.ringlineClicks[button.dataset.testid] = Date.now();
  };
  document.addEventListener('click', note, true);
}

export function readHeardSounds(page: Page): Promise<HeardSound[]> {
  return page.evaluate(() => window.ringlineHeard);
}

/** `Date.now()` of the last click on an element with this test id. */
export function readClickTime(page: Page, testId: string): Promise<number> {
  return page.evaluate((id) => window.ringlineClicks[id] ?? Number.NaN, testId);
}
