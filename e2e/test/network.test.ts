import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { mediaAddresses } from '@ringline/testing/browser/media';
import { type Person, takeScreenshots } from '@ringline/testing/browser/page';
import type { Network } from '@ringline/testing/network';
import { moveTime } from '@ringline/testing/time';
import { until } from '@ringline/testing/until';
import { type BehindCable, startBehindCable } from '../behind-cable.ts';
import { waitForOnlySession } from '../media-sessions.ts';
import { report } from '../report.ts';
import type { Stack } from '../stack.ts';
import type { User } from '../user.ts';

// Ben's browser is behind its own cable, which is really cut. Time cannot be moved: LiveKit and the
// browsers have their own clocks.
jest.setTimeout(120_000);

const SHORT_CUT_MS = 8_000;
const GRACE_MS = 15_000;
/**
 * LiveKit's client considers its signalling dead after 15 s without an answer, and only then
 * reconnects.
 */
const NEW_WAY_WITHIN_MS = 30_000;

let world: BehindCable;
let network: Network;
let stack: Stack;
let ann: Person;
let ben: Person;
let asked: User;
let callId: string;

beforeAll(async () => {
  world = await startBehindCable();
  ({ network, stack, ann, ben, asked } = world);
  await ann.click('call-video-ben');
  await ben.click('accept');
  await bothSeeEachOther();
  callId = (await asked.active())[0]?.id ?? '';
});

afterAll(() => world?.stop());

function bothSeeEachOther() {
  return Promise.all([ann.sees('ben'), ben.sees('ann')]);
}

/** Waits for the effect of a change, and prints how long it took. */
async function measure(what: string, work: () => Promise<unknown>): Promise<void> {
  const begin = Date.now();
  await work();
  report(`${what}: ${Date.now() - begin} ms`);
}

test('a call goes on after a network that was dead for eight seconds', async () => {
  await network.cut();
  await sleep(SHORT_CUT_MS);
  await network.mend();
  await measure('network back, to both seeing each other', bothSeeEachOther);
  await ben.hides('reconnecting');
  await waitForOnlySession(stack, callId, { userId: 'ben', at: ben.page, notAt: [] });
  expect(await asked.call(callId)).toMatchObject({ state: 'connected' });
});

test('a call follows its user into another network', async () => {
  const begin = Date.now();
  const address = await network.move();
  await until(
    'media takes the new way',
    async () => (await mediaAddresses(ben.page)).includes(address),
    NEW_WAY_WITHIN_MS,
  );
  await bothSeeEachOther();
  report(`another address, to both seeing each other: ${Date.now() - begin} ms`);
  await ben.click('toggle-mic');
  await ann.page.locator('[data-testid=tile-ben][data-muted=true]').waitFor();
  await ben.hides('reconnecting');
  report(`another address, to the service hearing of a button there: ${Date.now() - begin} ms`);
  await waitForOnlySession(stack, callId, { userId: 'ben', at: ben.page, notAt: [] });
  expect(await asked.call(callId)).toMatchObject({ state: 'connected' });
});

test('a call is over when the network does not come back in time', async () => {
  const begin = Date.now();
  await network.cut();
  await ben.shows('reconnecting');
  report(`all packets lost, to the page saying so: ${Date.now() - begin} ms`);
  await takeScreenshots('network-lost', ann, ben);
  await ann.reaches('reconnecting');
  report(`all packets lost, to the other being told: ${Date.now() - begin} ms`);
  await moveTime(stack.database.url, GRACE_MS + 1000);
  await ann.isTold('The connection was lost.');
  await ann.hides('call-view');
  const call = await asked.call(callId);
  expect(call).toMatchObject({ state: 'ended', endReason: 'connection_lost' });

  await network.mend();
  await measure('network back, to the page knowing that the call is over', async () => {
    await ben.isTold('The connection was lost.');
    await ben.hides('call-view');
  });
});

test('no page threw an error', () => {
  expect([...ann.crashes, ...ben.crashes]).toEqual([]);
});
