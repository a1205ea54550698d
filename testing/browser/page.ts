import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { until } from '../until.ts';
import { readHeardSounds, recordSounds } from './listening.ts';
import { recordMedia } from './media.ts';

export interface HistoryRow {
  readonly callId: string | null;
  readonly outcome: string | null;
  readonly direction: string | null;
}

/** A person at a browser window with the example page. */
export interface Person {
  readonly userId: string;
  readonly page: Page;
  /** Uncaught exceptions of the page. */
  readonly crashes: readonly string[];
  find(testId: string): Locator;
  shows(testId: string): Promise<void>;
  hides(testId: string): Promise<void>;
  click(testId: string): Promise<void>;
  /** Waits until the page shows a message with these words. */
  isTold(words: string): Promise<void>;
  /** Removes the messages that are shown, so that they are not taken for new ones. */
  clearMessages(): Promise<void>;
  /** Waits until the call view is at this stage. */
  reaches(stage: string): Promise<void>;
  /** Waits until the other's video is there and moves. */
  sees(otherId: string): Promise<void>;
  /**
   * Waits until the other is heard with a sound that began after `since` (`Date.now()`). Returns
   * its begin.
   */
  hears(otherId: string, since: number): Promise<number>;
  history(): Promise<HistoryRow[]>;
  close(): Promise<void>;
}

const SCREENSHOTS = join(import.meta.dirname, '..', '..', '.ringline', 'screenshots');
/**
 * Two cores that encode and decode all video of a group can be slow. Playwright's own limit is the
 * same.
 */
const MEDIA_WITHIN_MS = 30_000;
const SIZE = { width: 1024, height: 720 };

/**
 * Opens the page in a new window with its own storage, and signs in. `prepare` runs in the page
 * before anything else.
 */
export async function openPage(
  browser: Browser,
  url: string,
  userId: string,
  ...prepare: (() => void)[]
): Promise<Person> {
  const context = await browser.newContext({ viewport: SIZE, reducedMotion: 'reduce' });
  await context.addInitScript(recordSounds);
  await context.addInitScript(recordMedia);
  for (const script of prepare) await context.addInitScript(script);
  const person = createPerson(await context.newPage(), userId, () => context.close());
  await person.page.goto(url);
  await person.click(`choose-user-${userId}`);
  await person.shows('me');
  return person;
}

/** Duplicates a tab as browsers do: with the same address and a copy of the tab's storage. */
export async function duplicateTab({ page, userId }: Person): Promise<Person> {
  const [tab] = await Promise.all([
    page.context().waitForEvent('page'),
    page.evaluate(() => void window.open(location.href)),
  ]);
  const person = createPerson(tab, userId, () => tab.close());
  await person.shows('me');
  return person;
}

function createPerson(page: Page, userId: string, close: () => Promise<void>): Person {
  const crashes: string[] = [];
  page.on('pageerror', (error) => crashes.push(error.message));

  const find = (testId: string) => page.getByTestId(testId);
  const person: Person = {
    userId,
    page,
    crashes,
    find,
    shows: (testId) => find(testId).first().waitFor({ state: 'visible' }),
    hides: (testId) => find(testId).first().waitFor({ state: 'hidden' }),
    click: (testId) => find(testId).click(),
    isTold: (words) => find('message').filter({ hasText: words }).first().waitFor(),
    clearMessages: () =>
      find('message').evaluateAll((messages) => {
        for (const message of messages) message.remove();
      }),
    reaches: async (stage) => {
      await page.locator(`[data-testid=call-view][data-stage=${stage}]`).waitFor();
    },
    sees: (otherId) => waitForMovingVideo(person, otherId),
    hears: async (otherId, since) => {
      const sound = await until(
        `${userId} hears ${otherId}`,
        async () =>
          (await readHeardSounds(page)).find(({ userId, at }) => userId === otherId && at >= since),
        MEDIA_WITHIN_MS,
      );
      return sound.at;
    },
    history: async () =>
      find('history-entry').evaluateAll((entries) =>
        entries.map((entry) => ({
          callId: entry.getAttribute('data-call-id'),
          outcome: entry.getAttribute('data-outcome'),
          direction: entry.getAttribute('data-direction'),
        })),
      ),
    close,
  };
  return person;
}

async function waitForMovingVideo({ userId, find }: Person, otherId: string): Promise<void> {
  const video = find(`remote-video-${otherId}`);
  const look = () =>
    video.evaluate((element: HTMLVideoElement) => ({
      width: element.videoWidth,
      frames: element.getVideoPlaybackQuality().totalVideoFrames,
      time: element.currentTime,
    }));
  const waitFor = <Found>(what: string, found: () => Promise<Found>) =>
    until(what, found, MEDIA_WITHIN_MS);
  const first = await waitFor(`${userId} sees ${otherId}`, async () => {
    const seen = await look();
    return seen.width > 0 && seen;
  });
  await waitFor(`the video of ${otherId} moves for ${userId}`, async () => {
    const seen = await look();
    return seen.frames >= first.frames + 5 && seen.time > first.time;
  });
}

/** Saves screenshots for people to look at, in a folder that is not part of the repository. */
export async function takeScreenshots(name: string, ...people: Person[]): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  for (const { userId, page } of people) {
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${userId}.png`) });
  }
}
