import { jest } from '@jest/globals';
import { openPage, type Person } from '@ringline/testing/browser/page';
import { accept } from '@ringline/testing/browser/talk';
import { launchChromium } from '@ringline/testing/chromium';
import { createOutboxGate } from '@ringline/testing/outbox-gate';
import { moveTime } from '@ringline/testing/time';
import { until } from '@ringline/testing/until';
import { Client } from 'pg';
import type { Browser } from 'playwright-core';
import { type Stack, startStack } from '../stack.ts';
import { createUser } from '../user.ts';

jest.setTimeout(180_000);

let stack: Stack;
let database: Client;
// One browser each: two pages share a browser's camera, and if both reopen it at once, neither may
// get video.
let browsers: Browser[] = [];
let ann: Person;
let ben: Person;

beforeAll(async () => {
  stack = await startStack({ web: true, replicas: 2 });
  const url = stack.web?.url ?? '';
  browsers = await Promise.all([launchChromium(), launchChromium()]);
  const [hers, his] = browsers as [Browser, Browser];
  [ann, ben] = await Promise.all([openPage(hers, url, 'ann'), openPage(his, url, 'ben')]);
  database = new Client({ connectionString: stack.database.url });
  await database.connect();
});

afterAll(async () => {
  await database?.end();
  await Promise.all(browsers.map((browser) => browser.close()));
  await stack?.stop();
});

async function rowsOf<Row extends object>(sql: string, ...values: unknown[]): Promise<Row[]> {
  return (await database.query<Row>(sql, values)).rows;
}

test('a call service dies between commit and publish, and the callee rings all the same', async () => {
  const [victim] = stack.replicas;
  if (victim === undefined) throw new Error('a second call service is needed');
  const [cleo, dan] = [await createUser(stack, 'cleo', victim.url), await createUser(stack, 'dan')];
  const phone = await dan.connect();

  // The service is killed during its commit, and never learns that it has succeeded.
  const gate = await createOutboxGate(stack.database.url, 'at-commit');
  await gate.shut();
  const answered = cleo.start({ type: 'audio', participantIds: ['dan'] }).then(
    () => true,
    () => false,
  );
  await gate.reached();
  process.kill(victim.pid(), 'SIGSTOP');
  await gate.open();
  const callId = await until('the commit stands', async () => {
    const [call] = await rowsOf<{ id: string }>("SELECT id FROM calls WHERE initiator_id = 'cleo'");
    return call?.id;
  });
  await victim.kill();
  expect(await answered).toBe(false);

  const told = (name: string) =>
    until(`Dan is told ${name}`, () =>
      phone.heard.find((one) => one.name === name && one.payload.callId === callId),
    );
  await told('call:incoming');
  await told('call:started');
  await until('nothing is left to be sent', async () => {
    return (await rowsOf('SELECT FROM outbox')).length === 0;
  });
  await gate.remove();

  await dan.decline(callId);
  expect(await told('call:declined')).toBeTruthy();
  phone.close();
  await victim.restart();
});

test('a missed call is decided while every call service is dead', async () => {
  const [eva, finn] = [await createUser(stack, 'eva'), await createUser(stack, 'finn')];
  const { call } = await eva.start({ type: 'audio', participantIds: ['finn'] });
  const callServices = [stack.callService, ...stack.replicas];
  await Promise.all(callServices.map((service) => service.kill()));

  await moveTime(stack.database.url, 31_000);
  await until('the call is missed', async () => {
    const [row] = await rowsOf<{ state: string }>('SELECT state FROM calls WHERE id = $1', call.id);
    return row?.state === 'missed';
  });

  await Promise.all(callServices.map((service) => service.restart()));
  const [[outgoing], [incoming]] = [await eva.history(), await finn.history()];
  expect(outgoing).toMatchObject({
    call: { id: call.id },
    direction: 'outgoing',
    outcome: 'missed',
  });
  expect(incoming).toMatchObject({
    call: { id: call.id },
    direction: 'incoming',
    outcome: 'missed',
  });
});

/** Calls until it rings, as people do after an outage. */
async function annReachesBen(): Promise<void> {
  const ring = ben.find('incoming-sheet');
  const rings = () =>
    ring.waitFor({ timeout: 3000 }).then(
      () => true,
      () => false,
    );
  const call = async () => {
    await ann.find('call-video-ben').click({ timeout: 1000 });
    return rings();
  };
  await until('Ann reaches Ben', async () => (await ring.isVisible()) || call(), 30_000);
}

/** Makes a whole call between the two open pages. */
async function annAndBenTalk(): Promise<void> {
  await annReachesBen();
  await accept(ben, ann);
}

async function benHangsUp(): Promise<void> {
  await ben.click('hang-up');
  await Promise.all([ann.hides('call-view'), ben.hides('call-view')]);
  await until('both histories show the call', async () => {
    const [[newestOfAnn], [newestOfBen]] = [await ann.history(), await ben.history()];
    return (
      newestOfAnn?.outcome === 'completed' &&
      newestOfBen?.outcome === 'completed' &&
      newestOfAnn.callId === newestOfBen.callId
    );
  });
}

test('a call goes on when its call service dies, and is hung up at the next one', async () => {
  await annAndBenTalk();
  await stack.callService.kill();
  await Promise.all([ann.sees('ben'), ben.sees('ann')]);
  await stack.callService.restart();
  await Promise.all([ann.sees('ben'), ben.sees('ann')]);
  await benHangsUp();
});

test.each(['redis', 'livekit'] as const)(
  'a call goes on through a restart of %s, and afterwards the two call each other again',
  async (part) => {
    await annAndBenTalk();
    await stack[part].kill();
    await stack[part].restart();
    await Promise.all([ann.sees('ben'), ben.sees('ann')]);
    await benHangsUp();

    await stack[part].kill();
    await stack[part].restart();
    await annAndBenTalk();
    await benHangsUp();
  },
);

test('after a restart of Redis a call reaches the devices at other call services', async () => {
  await stack.redis.kill();
  await stack.redis.restart();
  const [gia, hugo] = [await createUser(stack, 'gia'), await createUser(stack, 'hugo')];
  const phone = await hugo.connect({ url: stack.replicas[0]?.url ?? '' });
  const { call } = await until('a call can be started', () =>
    gia.start({ type: 'audio', participantIds: ['hugo'] }),
  );
  await until('it rings', () =>
    phone.heard.find(({ name, payload }) => name === 'call:incoming' && payload.callId === call.id),
  );
  await gia.end(call.id);
  phone.close();
});
