import { jest } from '@jest/globals';
import { readClickTime } from '@ringline/testing/browser/listening';
import { openPage, type Person, takeScreenshots } from '@ringline/testing/browser/page';
import { accept, ring } from '@ringline/testing/browser/talk';
import { launchChromium } from '@ringline/testing/chromium';
import { moveTime } from '@ringline/testing/time';
import { until } from '@ringline/testing/until';
import type { Browser } from 'playwright-core';
import { seriousFaults } from '../accessibility.ts';
import { median, report } from '../report.ts';
import { type Stack, startStack } from '../stack.ts';
import { createUser } from '../user.ts';

jest.setTimeout(120_000);

const RING_TIMEOUT_MS = 30_000;

let stack: Stack;
let browser: Browser;
let ann: Person;
let ben: Person;

beforeAll(async () => {
  stack = await startStack({ web: true });
  browser = await launchChromium();
  const url = stack.web?.url ?? '';
  [ann, ben] = await Promise.all([openPage(browser, url, 'ann'), openPage(browser, url, 'ben')]);
});

afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** Waits until both histories begin with the same call, with each user's outcome. */
async function historiesShow(outcomeForAnn: string, outcomeForBen: string): Promise<void> {
  await until(`a call ${outcomeForAnn} for Ann and ${outcomeForBen} for Ben`, async () => {
    const [[newestOfAnn], [newestOfBen]] = [await ann.history(), await ben.history()];
    return (
      newestOfAnn?.outcome === outcomeForAnn &&
      newestOfAnn.direction === 'outgoing' &&
      newestOfBen?.outcome === outcomeForBen &&
      newestOfBen.direction === 'incoming' &&
      newestOfAnn.callId === newestOfBen.callId
    );
  });
}

async function bothAreBackHome(): Promise<void> {
  await Promise.all([ann.hides('call-view'), ben.hides('call-view'), ben.hides('incoming-sheet')]);
}

test('two users make a video call: both see and hear each other, and one hangs up', async () => {
  await ring(ann, ben, 'video');
  expect(await ben.find('caller-name').innerText()).toContain('Ann');
  await takeScreenshots('ringing', ann, ben);
  await accept(ben, ann);
  await takeScreenshots('connected', ann, ben);

  await ann.click('hang-up');
  await bothAreBackHome();
  await historiesShow('completed', 'completed');
  await takeScreenshots('history', ann, ben);
});

test('the callee declines', async () => {
  await ring(ann, ben, 'audio');
  await ben.click('decline');
  await bothAreBackHome();
  await historiesShow('declined', 'declined');
});

test('a double click calls once', async () => {
  await ann.find('call-audio-ben').evaluate((button: HTMLButtonElement) => {
    button.click();
    button.click();
  });
  await ben.click('decline');
  await bothAreBackHome();
  await historiesShow('declined', 'declined');
  expect(await ann.find('message').allInnerTexts()).not.toContain(
    'You are in another call already.',
  );
});

test('the caller cancels while it rings', async () => {
  await ring(ann, ben, 'video');
  await ann.click('hang-up');
  await bothAreBackHome();
  await historiesShow('cancelled', 'missed');
});

test('the callee does not answer, and the call is missed', async () => {
  await ring(ann, ben, 'audio');
  await moveTime(stack.database.url, RING_TIMEOUT_MS + 1000);
  await bothAreBackHome();
  await historiesShow('missed', 'missed');
  await takeScreenshots('missed', ann, ben);
});

test('the callee accepts and hangs up with the keyboard alone', async () => {
  await ring(ann, ben, 'audio');
  await pressOn(ben, 'accept');
  await Promise.all([ann.reaches('connected'), ben.reaches('connected')]);
  await pressOn(ben, 'hang-up');
  await bothAreBackHome();
  await historiesShow('completed', 'completed');
});

/** Moves the focus there with the Tab key, and presses Enter. */
async function pressOn({ page, userId }: Person, testId: string): Promise<void> {
  await until(`${userId} gets to "${testId}" with the Tab key`, async () => {
    const reached = await page.evaluate(
      (id) => document.activeElement?.getAttribute('data-testid') === id,
      testId,
    );
    if (!reached) await page.keyboard.press('Tab');
    return reached;
  });
  await page.keyboard.press('Enter');
}

test('axe finds nothing serious in any view', async () => {
  const choosing = await (await browser.newContext()).newPage();
  await choosing.goto(stack.web?.url ?? '');
  await choosing.getByTestId('choose-user-ann').waitFor();
  const found = { choosing: await seriousFaults(choosing), home: await seriousFaults(ann.page) };
  await choosing.context().close();

  await ring(ann, ben, 'video');
  const ringing = {
    incoming: await seriousFaults(ben.page),
    outgoing: await seriousFaults(ann.page),
  };
  await ben.click('accept');
  await Promise.all([ann.reaches('connected'), ann.sees('ben')]);
  const connected = await seriousFaults(ann.page);
  await ann.click('hang-up');
  await bothAreBackHome();
  expect({ ...found, ...ringing, connected }).toEqual({
    choosing: [],
    home: [],
    incoming: [],
    outgoing: [],
    connected: [],
  });
});

test('the time to the ring and the time until both hear each other are measured', async () => {
  const rings = await measureRings(40);
  report(
    `POST /calls/start to the callee's call:incoming: median ${median(rings).toFixed(1)} ms, n=${rings.length}`,
  );

  const waits: number[] = [];
  for (let times = 0; times < 3; times += 1) {
    await ring(ann, ben, 'audio');
    await ben.click('accept');
    const accepted = await readClickTime(ben.page, 'accept');
    const heard = await Promise.all([ann.hears('ben', accepted), ben.hears('ann', accepted)]);
    waits.push(Math.max(...heard) - accepted);
    await ann.click('hang-up');
    await bothAreBackHome();
  }
  report(`accept to both hearing each other: median ${median(waits)} ms, n=${waits.length}`);
  expect(rings).toHaveLength(40);
});

/** Two plain sockets, to measure only the service. */
async function measureRings(times: number): Promise<number[]> {
  const [caller, callee] = [await createUser(stack, 'cleo'), await createUser(stack, 'dan')];
  const device = await callee.connect();
  const taken: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const begin = performance.now();
    const { call } = await caller.start({ type: 'audio', participantIds: [callee.id] });
    const heard = await until('it rings', () =>
      device.heard.find(
        ({ name, payload }) => name === 'call:incoming' && payload.callId === call.id,
      ),
    );
    taken.push(heard.at - begin);
    await caller.end(call.id);
  }
  device.close();
  return taken;
}

test('no page threw an error, and no process logged one', () => {
  expect([...ann.crashes, ...ben.crashes]).toEqual([]);
  expect(
    stack
      .output()
      .split('\n')
      .filter((line) => /^\S+ error /.test(line)),
  ).toEqual([]);
});
