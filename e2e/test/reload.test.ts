import { jest } from '@jest/globals';
import {
  duplicateTab,
  openPage,
  type Person,
  takeScreenshots,
} from '@ringline/testing/browser/page';
import { accept, ring } from '@ringline/testing/browser/talk';
import { launchChromium } from '@ringline/testing/chromium';
import { moveTime } from '@ringline/testing/time';
import { until } from '@ringline/testing/until';
import type { Browser, Page } from 'playwright-core';
import { waitForOnlySession } from '../media-sessions.ts';
import { report } from '../report.ts';
import { type Stack, startStack } from '../stack.ts';
import { createUser, type User } from '../user.ts';

jest.setTimeout(120_000);

const GRACE_MS = 15_000;

let stack: Stack;
let browser: Browser;
let ann: Person;
let ben: Person;
/** Ben's account, for requests. */
let asked: User;
let callId: string;

beforeAll(async () => {
  stack = await startStack({ web: true });
  browser = await launchChromium();
  const url = stack.web?.url ?? '';
  [ann, ben] = await Promise.all([openPage(browser, url, 'ann'), openPage(browser, url, 'ben')]);
  asked = await createUser(stack, 'ben');
});

afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

async function annAndBenTalk(): Promise<void> {
  await ring(ann, ben, 'video');
  await accept(ben, ann);
  callId = (await asked.active())[0]?.id ?? '';
}

async function annHangsUp(): Promise<void> {
  await ann.click('hang-up');
  await Promise.all([ann.hides('call-view'), ben.hides('call-view'), ben.hides('elsewhere')]);
}

function deviceIn(page: Page): Promise<string | null> {
  return page.evaluate(() => sessionStorage.getItem('ringline.device'));
}

async function stateOfBen(): Promise<string | undefined> {
  const { participants } = await asked.call(callId);
  return participants.find(({ userId }) => userId === 'ben')?.state;
}

/** Holds up a loading page before it has a token. Resolves to the function that lets it go on. */
async function holdLoading(page: Page): Promise<() => void> {
  const { promise: released, resolve } = Promise.withResolvers<void>();
  await page.route('**/session', async (route) => {
    await released;
    await route.continue();
  });
  return resolve;
}

test('a reloaded page rejoins its call by itself, and the other sees both steps', async () => {
  await annAndBenTalk();
  const device = await deviceIn(ben.page);
  const before = await waitForOnlySession(stack, callId, {
    userId: 'ben',
    at: ben.page,
    notAt: [],
  });
  const release = await holdLoading(ben.page);
  const begin = Date.now();
  await ben.page.reload();
  await ann.reaches('reconnecting');
  expect(await ann.find('tile-ben').getAttribute('data-state')).toBe('reconnecting');
  expect(await stateOfBen()).toBe('reconnecting');
  await takeScreenshots('other-reloads', ann);

  const released = Date.now();
  release();
  await Promise.all([ann.sees('ben'), ben.sees('ann'), ann.hears('ben', begin)]);
  report(
    `a reloaded page has its token, to seeing and being seen again: ${Date.now() - released} ms`,
  );
  await Promise.all([ann.reaches('connected'), ben.reaches('connected')]);
  expect(await stateOfBen()).toBe('joined');
  expect(await deviceIn(ben.page)).toBe(device);
  const after = await waitForOnlySession(stack, callId, { userId: 'ben', at: ben.page, notAt: [] });
  expect(after).not.toBe(before);
  expect(await asked.call(callId)).toMatchObject({ mode: 'direct', state: 'connected' });
  await annHangsUp();
});

test('a camera and a microphone that are off stay off after a reload', async () => {
  await annAndBenTalk();
  await ben.click('toggle-camera');
  await ben.click('toggle-mic');
  const isOff = async () => {
    const { participants } = await asked.call(callId);
    const mine = participants.find(({ userId }) => userId === 'ben');
    return mine?.audioEnabled === false && mine.videoEnabled === false;
  };
  await until('both are off', isOff);
  await ben.page.reload();
  await Promise.all([ben.reaches('connected'), ben.sees('ann')]);
  expect(await ben.find('toggle-camera').getAttribute('aria-pressed')).toBe('false');
  expect(await ben.find('toggle-mic').getAttribute('aria-pressed')).toBe('false');
  expect(await isOff()).toBe(true);
  await annHangsUp();
});

test('a duplicated tab is a new device, which does not touch the call until it takes over', async () => {
  await annAndBenTalk();
  const at = { userId: 'ben', at: ben.page };
  const before = await waitForOnlySession(stack, callId, { ...at, notAt: [] });
  const copy = await duplicateTab(ben);
  await copy.shows('elsewhere');
  expect(await copy.find('call-view').isVisible()).toBe(false);
  expect(await deviceIn(copy.page)).not.toBe(await deviceIn(ben.page));
  await Promise.all([ann.sees('ben'), ben.sees('ann')]);
  expect(await waitForOnlySession(stack, callId, { ...at, notAt: [copy.page] })).toBe(before);

  await copy.click('take-over');
  await Promise.all([ann.sees('ben'), copy.sees('ann'), ben.shows('elsewhere')]);
  await waitForOnlySession(stack, callId, { userId: 'ben', at: copy.page, notAt: [ben.page] });

  await Promise.all([copy.page.reload(), ann.reaches('reconnecting')]);
  await Promise.all([ann.reaches('connected'), copy.sees('ann'), ann.sees('ben')]);
  await ben.shows('elsewhere');
  await waitForOnlySession(stack, callId, { userId: 'ben', at: copy.page, notAt: [ben.page] });
  expect(copy.crashes).toEqual([]);
  await annHangsUp();
  await copy.close();
});

test('a closed tab ends the call after the grace period', async () => {
  await annAndBenTalk();
  const begin = Date.now();
  await ben.close();
  await ann.reaches('reconnecting');
  report(`a tab closed, until the other is shown so: ${Date.now() - begin} ms`);
  await moveTime(stack.database.url, GRACE_MS + 1000);
  await ann.isTold('The connection was lost.');
  await ann.hides('call-view');
  expect(await asked.call(callId)).toMatchObject({ state: 'ended', endReason: 'connection_lost' });
  const left = (await asked.events(callId)).find(
    (event) => event.event === 'call:participant_left' && event.userId === 'ben',
  );
  expect(left).toMatchObject({ reason: 'connection_lost' });
});

test('no page threw an error, and no process logged one', () => {
  expect([...ann.crashes, ...ben.crashes]).toEqual([]);
  expect(
    stack
      .output()
      .split('\n')
      .filter((line) => /^\S+ error /.test(line)),
  ).toEqual([]);
});
