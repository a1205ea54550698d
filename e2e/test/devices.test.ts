import { jest } from '@jest/globals';
import { readClickTime } from '@ringline/testing/browser/listening';
import { openPage, type Person, takeScreenshots } from '@ringline/testing/browser/page';
import { ring } from '@ringline/testing/browser/talk';
import { launchChromium } from '@ringline/testing/chromium';
import { moveTime } from '@ringline/testing/time';
import type { Browser } from 'playwright-core';
import { onlySession } from '../media-sessions.ts';
import { report } from '../report.ts';
import { type Stack, startStack } from '../stack.ts';
import { createUser, type User } from '../user.ts';

jest.setTimeout(120_000);

let stack: Stack;
let browser: Browser;
let ann: Person;
/** Two devices of Ben's. */
let phone: Person;
let laptop: Person;
/** Ben, as the service sees him. */
let ben: User;

beforeAll(async () => {
  stack = await startStack({ web: true });
  browser = await launchChromium();
  const url = stack.web?.url ?? '';
  [ann, phone, laptop] = await Promise.all([
    openPage(browser, url, 'ann'),
    openPage(browser, url, 'ben'),
    openPage(browser, url, 'ben'),
  ]);
  ben = await createUser(stack, 'ben');
});

afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

async function annCallsBen(type: 'audio' | 'video'): Promise<void> {
  await ring(ann, phone, type);
  await laptop.shows('incoming-sheet');
}

/** Ends whatever runs, and waits until every page has forgotten it. */
async function allAreBackHome(): Promise<void> {
  const pages = [ann, phone, laptop];
  await Promise.all(pages.map((one) => one.hides('call-view')));
  await Promise.all(pages.map((one) => one.hides('elsewhere')));
  await Promise.all(pages.map((one) => one.hides('incoming-sheet')));
  await Promise.all(pages.map((one) => one.clearMessages()));
}

/** At once: a click of Playwright's looks and waits first, until the other device has accepted and the button is gone. */
function pressAccept({ find }: Person): Promise<void> {
  return find('accept').evaluate((button: HTMLButtonElement) => {
    if (button.checkVisibility()) button.click();
  });
}

async function runningCall(): Promise<string> {
  const [call] = await ben.active();
  if (call === undefined) throw new Error('Ben is in no call');
  return call.id;
}

test('it rings at all devices; who accepts first has the call, and the others say so', async () => {
  await annCallsBen('audio');
  await phone.click('accept');
  await Promise.all([laptop.hides('incoming-sheet'), laptop.isTold('Answered on another device.')]);
  await laptop.shows('elsewhere');
  await Promise.all([ann.reaches('connected'), phone.reaches('connected')]);
  await takeScreenshots('answered-elsewhere', laptop);

  await laptop.click('hang-up-elsewhere');
  await allAreBackHome();
});

test('both accept at once: one device has the call, the other shows that it is elsewhere', async () => {
  await annCallsBen('audio');
  await Promise.all([phone, laptop].map(pressAccept));
  await ann.reaches('connected');
  const stages = '[data-testid=call-view]:visible, [data-testid=elsewhere]:visible';
  await Promise.all([phone, laptop].map(({ page }) => page.locator(stages).waitFor()));
  const callId = await runningCall();
  const inCall = await phone.find('call-view').isVisible();
  const [winner, other] = inCall ? [phone, laptop] : [laptop, phone];
  await Promise.all([winner.reaches('connected'), other.shows('elsewhere')]);
  await onlySession(stack, callId, { userId: 'ben', at: winner.page, notAt: [other.page] });

  await winner.click('hang-up');
  await allAreBackHome();
});

test('declined at one device, the others stop and say so', async () => {
  await annCallsBen('video');
  await phone.click('decline');
  await laptop.isTold('Declined on another device.');
  await allAreBackHome();
});

test('the caller cancels, and all devices stop and say so', async () => {
  await annCallsBen('video');
  await ann.click('hang-up');
  await Promise.all([
    phone.isTold('Missed call from Ann.'),
    laptop.isTold('Missed call from Ann.'),
  ]);
  await allAreBackHome();
});

test('nobody answers in time, and all devices stop and say so', async () => {
  await annCallsBen('audio');
  await moveTime(stack.database.url, 31_000);
  await Promise.all([
    phone.isTold('Missed call from Ann.'),
    laptop.isTold('Missed call from Ann.'),
  ]);
  await ann.isTold('No answer from Ben.');
  await allAreBackHome();
});

describe('in a running call', () => {
  let callId: string;

  beforeAll(async () => {
    await annCallsBen('video');
    await phone.click('accept');
    await Promise.all([ann.sees('ben'), phone.sees('ann'), laptop.shows('elsewhere')]);
    callId = await runningCall();
  });

  test('another device takes over with sound and picture, and the first one says where it went', async () => {
    await onlySession(stack, callId, { userId: 'ben', at: phone.page, notAt: [laptop.page] });
    await takeScreenshots('call-elsewhere', laptop);
    const taken = [await takeOver(laptop, phone), await takeOver(phone, laptop)];
    taken.push(await takeOver(laptop, phone));
    report(
      `take over to seeing, being seen, hearing and being heard: ${taken.join(', ')} ms (target: under 2000)`,
    );
  });

  /** From the press of the button until sound and pictures run both ways. */
  async function takeOver(to: Person, from: Person): Promise<number> {
    await to.click('take-over');
    const clicked = await readClickTime(to.page, 'take-over');
    // A message goes after a while, which a busy machine may need until everything is heard.
    const told = from.isTold('The call moved to another device.');
    const heard = await Promise.all([
      to.hears('ann', clicked),
      ann.hears('ben', clicked),
      to.sees('ann').then(Date.now),
    ]);
    await ann.sees('ben');
    const taken = Math.max(Date.now(), ...heard) - clicked;
    await Promise.all([told, from.shows('elsewhere')]);
    await takeScreenshots('moved', from);
    await Promise.all([from.hides('call-view'), from.clearMessages()]);
    await onlySession(stack, callId, { userId: 'ben', at: to.page, notAt: [from.page] });
    return taken;
  }

  test('the first device does not come back, not even when its page is reloaded', async () => {
    const pages = { userId: 'ben', at: laptop.page, notAt: [phone.page] };
    const before = await onlySession(stack, callId, pages);
    await phone.page.reload();
    await phone.shows('elsewhere');
    await Promise.all([ann.sees('ben'), laptop.sees('ann')]);
    expect(await onlySession(stack, callId, pages)).toBe(before);
  });

  test('it is hung up, and is over at all devices', async () => {
    await laptop.click('hang-up');
    await allAreBackHome();
    expect(await ben.call(callId)).toMatchObject({ state: 'ended', endReason: 'hangup' });
  });
});

test('no page broke, and no process logged an error', () => {
  expect([ann, phone, laptop].flatMap(({ crashes }) => crashes)).toEqual([]);
  expect(
    stack
      .output()
      .split('\n')
      .filter((line) => /^\S+ error /.test(line)),
  ).toEqual([]);
});
