import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from '@ringline/testing/browser/page';

const EVERY_MS = 200;
/** Video without a new frame for this long counts as frozen. */
const STILL_MS = 1_500;

/** What a person sees from a certain moment on. */
export interface Sight {
  readonly what: string;
  /** Since the watch began. */
  readonly afterMs: number;
}

export interface Watch {
  readonly sights: readonly Sight[];
  now(): string;
  stop(): Promise<void>;
}

function look({ page }: Person) {
  return page.evaluate(() => {
    const find = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
    const isShown = (id: string) => find(id)?.checkVisibility() === true;
    const video = document.querySelector<HTMLVideoElement>('[data-testid^="remote-video-"]');
    const messages = [...document.querySelectorAll('[data-testid="message"]')];
    return {
      stage: isShown('call-view') ? (find('call-view')?.dataset.stage ?? null) : null,
      rings: isShown('incoming-sheet'),
      isElsewhere: isShown('elsewhere'),
      isReconnecting: isShown('reconnecting'),
      isOtherLost: [...document.querySelectorAll('.tile-state')].some(
        (state) => state.textContent === 'Reconnecting…',
      ),
      frames: video?.getVideoPlaybackQuality().totalVideoFrames ?? 0,
      message: messages.at(-1)?.textContent ?? null,
    };
  });
}

type Look = Awaited<ReturnType<typeof look>>;

function inWords(seen: Look, moves: boolean): string {
  const { stage, rings, isElsewhere, isReconnecting, isOtherLost, message } = seen;
  const bar = `${isOtherLost ? ', the other “Reconnecting”' : ''}${isReconnecting ? ', “Reconnecting”' : ''}`;
  if (rings) return `it rings${bar}`;
  if (stage === 'outgoing') return `calling${bar}`;
  if (stage === 'connected') return `${moves ? 'in the call' : 'a still picture'}${bar}`;
  if (stage !== null) return `${stage}${bar}`;
  if (isElsewhere) return `elsewhere${bar}`;
  return `${message === null ? 'out' : `out: “${message}”`}${bar}`;
}

/** Polls a person's page every 0.2 s, and records each change. */
export function watch(person: Person): Watch {
  const began = performance.now();
  const sights: Sight[] = [];
  let frames = 0;
  let movedAt = began;
  let isOver = false;

  const note = (what: string): void => {
    if (sights.at(-1)?.what !== what) {
      sights.push({ what, afterMs: Math.round(performance.now() - began) });
    }
  };
  const run = async (): Promise<void> => {
    while (!isOver) {
      const seen = await look(person);
      if (seen.frames !== frames) movedAt = performance.now();
      frames = seen.frames;
      note(inWords(seen, performance.now() - movedAt < STILL_MS));
      await sleep(EVERY_MS);
    }
  };
  const running = run();
  return {
    sights,
    now: () => sights.at(-1)?.what ?? '',
    stop: async () => {
      isOver = true;
      await running;
    },
  };
}
