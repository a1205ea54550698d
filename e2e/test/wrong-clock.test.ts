import { jest } from '@jest/globals';
import { openPage, type Person } from '@ringline/testing/browser/page';
import { launchChromium } from '@ringline/testing/chromium';
import { moveTime } from '@ringline/testing/time';
import type { Browser } from 'playwright-core';
import { type Stack, startStack } from '../stack.ts';

jest.setTimeout(120_000);

/** Runs in the page before anything else: sets its clock two hours back. */
function setClockWrong(): void {
  const RightDate = Date;
  const wrongNow = () => RightDate.now() - 7_200_000;
  globalThis.Date = new Proxy(RightDate, {
    construct: (_, given) =>
      Reflect.construct(RightDate, given.length === 0 ? [wrongNow()] : given),
    get: (target, name) => (name === 'now' ? wrongNow : Reflect.get(target, name)),
  });
}

let stack: Stack;
let browser: Browser;
let ann: Person;
let ben: Person;

beforeAll(async () => {
  stack = await startStack({ web: true });
  const url = stack.web?.url ?? '';
  browser = await launchChromium();
  [ann, ben] = await Promise.all([
    openPage(browser, url, 'ann'),
    openPage(browser, url, 'ben', setClockWrong),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** The page's timer in seconds. */
async function readTimer({ find }: Person): Promise<number> {
  const [minutes, seconds] = ((await find('call-timer').textContent()) ?? '').split(':');
  return Number(minutes) * 60 + Number(seconds);
}

test('a page whose clock is two hours behind continues its timer after a reload', async () => {
  await ann.click('call-video-ben');
  await ben.click('accept');
  await Promise.all([ann.reaches('connected'), ben.reaches('connected')]);
  const connectedAt = Date.now();
  const PASSED_SECONDS = 300;
  await moveTime(stack.database.url, PASSED_SECONDS * 1000);
  await ben.page.reload();
  await ben.reaches('connected');
  const shown = await readTimer(ben);
  const longest = PASSED_SECONDS + (Date.now() - connectedAt) / 1000 + 1;
  expect(shown).toBeGreaterThanOrEqual(PASSED_SECONDS);
  expect(shown).toBeLessThanOrEqual(longest + 1);
});
