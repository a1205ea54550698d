import { jest } from '@jest/globals';
import { launchChromium } from '@ringline/testing/chromium';
import { createNetwork, type Network } from '@ringline/testing/network';
import { until } from '@ringline/testing/until';
import type { Browser } from 'playwright-core';
import { openPage, type Person } from '../page.ts';
import { report } from '../report.ts';
import { type Stack, startStack } from '../stack.ts';
import { createUser, type User } from '../user.ts';

// Ben calls from behind a cable of his own. Time cannot be moved: sockets, LiveKit and browsers have clocks of their own.
jest.setTimeout(120_000);

const RING_SECONDS = 60;
/** LiveKit gives up a dead machine after 20 to 22 s; the rest is for a busy one. */
const STOPS_WITHIN_MS = 30_000;

let network: Network;
let stack: Stack;
let browsers: Browser[] = [];
let ann: Person;
let ben: Person;
/** Ann, as the service sees her. */
let asked: User;

beforeAll(async () => {
  network = await createNetwork();
  stack = await startStack({
    web: true,
    address: network.hostAddress,
    env: { RING_TIMEOUT_SECONDS: String(RING_SECONDS) },
  });
  const url = stack.web?.url ?? '';
  browsers = await Promise.all([
    launchChromium({ trustedOrigin: url }),
    launchChromium({ trustedOrigin: url, executable: network.chromium }),
  ]);
  const [here, there] = browsers as [Browser, Browser];
  [ann, ben] = await Promise.all([openPage(here, url, 'ann'), openPage(there, url, 'ben')]);
  asked = await createUser(stack, 'ann');
});

afterAll(async () => {
  await Promise.all(browsers.map((browser) => browser.close()));
  await stack?.stop();
  await network?.remove();
});

/** Ben calls, and LiveKit has his media. */
const benCalls = async (): Promise<string> => {
  await ann.clearMessages();
  await ben.click('call-video-ann');
  await ann.shows('incoming-sheet');
  const callId = (await asked.active())[0]?.id ?? '';
  await ben.reaches('outgoing');
  await until('LiveKit has Ben', async () => {
    const { participants } = await asked.call(callId);
    return participants.some(({ userId, state }) => userId === 'ben' && state === 'joined');
  });
  return callId;
};

const stopsInTime = async (callId: string, how: string, begin: number): Promise<void> => {
  await ann.find('incoming-sheet').waitFor({ state: 'hidden', timeout: STOPS_WITHIN_MS });
  report(`${how}, to the ring stopping: ${Date.now() - begin} ms`);
  await ann.isTold('Missed call from Ben');
  expect(await asked.call(callId)).toMatchObject({
    state: 'cancelled',
    endReason: 'connection_lost',
  });
};

test('a page that is reloaded while it calls goes on calling', async () => {
  const callId = await benCalls();
  await ben.page.reload();
  await ben.reaches('outgoing');
  await ann.click('accept');
  await Promise.all([ann.sees('ben'), ben.sees('ann')]);
  expect(await asked.call(callId)).toMatchObject({ state: 'connected' });
  await ann.click('hang-up');
  await Promise.all([ann.hides('call-view'), ben.hides('call-view')]);
});

test('a ring stops when the caller’s machine falls silent', async () => {
  const callId = await benCalls();
  const begin = Date.now();
  await network.cut();
  await stopsInTime(callId, 'all packets of the caller lost', begin);
  await network.mend();
  await ben.hides('call-view');
});

test('a ring stops when the caller’s browser is killed', async () => {
  const callId = await benCalls();
  const begin = Date.now();
  await network.killAll();
  await stopsInTime(callId, 'the caller’s browser killed', begin);
});
