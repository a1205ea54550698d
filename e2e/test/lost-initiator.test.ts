import { jest } from '@jest/globals';
import type { Person } from '@ringline/testing/browser/page';
import type { Network } from '@ringline/testing/network';
import { until } from '@ringline/testing/until';
import { type BehindCable, startBehindCable } from '../behind-cable.ts';
import { report } from '../report.ts';
import type { User } from '../user.ts';

// Ben calls from behind his own cable. Time cannot be moved: sockets, LiveKit and browsers have
// their own clocks.
jest.setTimeout(120_000);

const RING_SECONDS = 60;
/** LiveKit drops a dead client after 20 to 22 s; the rest is for a busy machine. */
const STOPS_WITHIN_MS = 30_000;

let world: BehindCable;
let network: Network;
let ann: Person;
let ben: Person;
let asked: User;

beforeAll(async () => {
  world = await startBehindCable({ RING_TIMEOUT_SECONDS: String(RING_SECONDS) });
  ({ network, ann, ben, asked } = world);
});

afterAll(() => world?.stop());

/** Ben calls, and LiveKit has his media. */
async function benCalls(): Promise<string> {
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
}

async function stopsInTime(callId: string, how: string, begin: number): Promise<void> {
  await ann.find('incoming-sheet').waitFor({ state: 'hidden', timeout: STOPS_WITHIN_MS });
  report(`${how}, to the ring stopping: ${Date.now() - begin} ms`);
  await ann.isTold('Missed call from Ben');
  expect(await asked.call(callId)).toMatchObject({
    state: 'cancelled',
    endReason: 'connection_lost',
  });
}

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
