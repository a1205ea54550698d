import { jest } from '@jest/globals';
import { openPage, type Person, takeScreenshots } from '@ringline/testing/browser/page';
import { launchChromium } from '@ringline/testing/chromium';
import { moveTime } from '@ringline/testing/time';
import { until } from '@ringline/testing/until';
import type { Browser } from 'playwright-core';
import { listPresent } from '../media-sessions.ts';
import { type Stack, startStack } from '../stack.ts';
import { createUser, type Device, type RefusalError, type User } from '../user.ts';

jest.setTimeout(120_000);

const SOLO_TIMEOUT_MS = 60_000;

let stack: Stack;
let browser: Browser;
let ann: Person;
let ben: Person;
let cleo: Person;
/** A plain socket without a page. */
let dan: User;
let danPhone: Device;
let callId: string;

beforeAll(async () => {
  stack = await startStack({ web: true });
  browser = await launchChromium();
  const url = stack.web?.url ?? '';
  [ann, ben, cleo] = await Promise.all([
    openPage(browser, url, 'ann'),
    openPage(browser, url, 'ben'),
    openPage(browser, url, 'cleo'),
  ]);
  dan = await createUser(stack, 'dan');
  danPhone = await dan.connect({ deviceId: 'phone-of-dan' });
});

afterAll(async () => {
  danPhone?.close();
  await browser?.close();
  await stack?.stop();
});

function seeEachOther(...people: Person[]) {
  return Promise.all(
    people.flatMap((one) =>
      people.filter((other) => other !== one).map((other) => one.sees(other.userId)),
    ),
  );
}

function readAttribute(person: Person, testId: string, name: string) {
  return person.find(testId).getAttribute(name);
}

/** Waits until the group has rung at Dan's this often. */
function ringsAtDan(times: number) {
  return until(`ring number ${times} at Dan's`, () => {
    const rings = danPhone.heard.filter(({ name, payload }) => {
      return name === 'call:invited' && payload.userId === 'dan' && payload.callId === callId;
    });
    return rings.length === times;
  });
}

describe('a group', () => {
  test('goes on when one declines, and admits one who answers late', async () => {
    for (const id of ['ben', 'cleo', 'dan']) await ann.find(`select-${id}`).check();
    await ann.click('group-video');
    await Promise.all([ben.shows('incoming-sheet'), cleo.shows('incoming-sheet')]);
    await takeScreenshots('group-ringing', ann, cleo);
    callId = (await dan.active())[0]?.id ?? '';
    await dan.decline(callId);
    await ann.hides('tile-dan');
    await ben.click('accept');
    await seeEachOther(ann, ben);
    await takeScreenshots('group-partly-ringing', ann);

    await cleo.click('accept');
    await seeEachOther(ann, ben, cleo);
    await takeScreenshots('group-connected', ann, ben, cleo);
  });

  test('rings again at a user whom the host invites again, three times at most', async () => {
    for (const times of [1, 2]) {
      await ann.click('invite');
      await ann.find('invite-dan').check();
      await ann.click('invite-send');
      await ringsAtDan(times);
      await ben.shows('tile-dan');
      await dan.decline(callId);
      await Promise.all([ann.hides('tile-dan'), ben.hides('tile-dan')]);
    }
    await ann.click('invite');
    await ann.find('invite-dan').check();
    await ann.click('invite-send');
    await ann.shows('message');
    await takeScreenshots('fourth-ring', ann);
    await ann.clearMessages();
    expect((await dan.active()).length).toBe(0);
  });

  test('no longer hears a user whom the host has muted, who sees that and may unmute', async () => {
    const microphone = async () =>
      (await listPresent(stack, callId)).find(({ userId }) => userId === 'ben')?.microphone;
    await ann.find('tile-ben').hover();
    await ann.click('mute-ben');
    await ben.page.locator('[data-testid=toggle-mic][aria-pressed=false]').waitFor();
    await until('all see Ben muted', async () => {
      const seen = await Promise.all(
        [ann, ben, cleo].map((one) => readAttribute(one, 'tile-ben', 'data-muted')),
      );
      return seen.every((muted) => muted === 'true');
    });
    await until('LiveKit has Ben muted', async () => (await microphone()) === 'muted');
    await takeScreenshots('group-muted', ann, ben);

    await ben.click('toggle-mic');
    await cleo.page.locator('[data-testid=tile-ben][data-muted=false]').waitFor();
    await until('LiveKit has Ben speak', async () => (await microphone()) === 'on');
  });

  test('has the host to whom the role is handed over', async () => {
    expect(await ben.find('mute-cleo').isVisible()).toBe(false);
    await ann.find('tile-ben').hover();
    await ann.click('make-host-ben');
    await ben.find('mute-cleo').waitFor({ state: 'visible' });
    await ann.hides('mute-cleo');
    expect(await cleo.find('mute-ann').isVisible()).toBe(false);
  });

  test('refuses a user whom the host has removed', async () => {
    await ben.find('tile-cleo').hover();
    await ben.click('remove-cleo');
    await cleo.isTold('The host removed you from the call.');
    await cleo.hides('call-view');
    await Promise.all([ann.hides('tile-cleo'), ben.hides('tile-cleo')]);
    await takeScreenshots('removed', cleo);

    expect(await cleo.find('rejoin').isVisible()).toBe(false);
    const cleoByHand = await createUser(stack, 'cleo');
    const comesBack = cleoByHand.join(callId, { rejoin: true });
    expect(await comesBack.catch((refused: RefusalError) => refused.code)).toBe('NOT_ALLOWED');
    const asksForMedia = cleoByHand.mediaToken(callId);
    expect(await asksForMedia.catch((refused: RefusalError) => refused.code)).toBe('NOT_ALLOWED');
    await until('LiveKit has her no more', async () => {
      const present = (await listPresent(stack, callId)).map(({ userId }) => userId);
      return !present.includes('cleo');
    });
    await cleo.clearMessages();
  });

  test('admits her again when the host invites her', async () => {
    await ben.click('invite');
    await ben.find('invite-cleo').check();
    await ben.click('invite-send');
    await cleo.click('accept');
    await seeEachOther(ann, ben, cleo);
  });

  test('goes on without its host, whose role passes on, and who may rejoin', async () => {
    await ben.click('hang-up');
    await ben.isTold('You left the call.');
    await ann.find('mute-cleo').waitFor({ state: 'visible' });
    await Promise.all([ann.sees('cleo'), cleo.sees('ann')]);
    await takeScreenshots('left', ben);

    await ben.click('rejoin');
    await seeEachOther(ann, ben, cleo);
    expect(await ben.find('mute-cleo').isVisible()).toBe(false);
    await ben.click('hang-up');
    await ben.hides('call-view');
  });

  test('warns the last participant, then ends', async () => {
    await cleo.click('hang-up');
    await ann.hides('tile-cleo');
    await moveTime(stack.database.url, SOLO_TIMEOUT_MS / 2 + 15_000);
    await ann.isTold('You are alone in the call. It will end soon.');
    await takeScreenshots('alone', ann);
    await moveTime(stack.database.url, SOLO_TIMEOUT_MS / 2);
    await ann.isTold('The call ended because nobody else was in it.');
    await ann.hides('call-view');
    expect(await dan.call(callId)).toMatchObject({ state: 'ended', endReason: 'solo_timeout' });
    for (const one of [ann, ben, cleo]) await one.clearMessages();
  });
});

test('a third user is invited into a direct call, and all three see each other', async () => {
  await ann.click('call-video-ben');
  await ben.click('accept');
  await seeEachOther(ann, ben);
  expect(await ann.find('mute-ben').isVisible()).toBe(false);

  await ben.click('invite');
  await ben.find('invite-cleo').check();
  await ben.click('invite-send');
  await cleo.shows('incoming-sheet');
  expect(await cleo.find('caller-name').innerText()).toBe('Ben is calling');
  await takeScreenshots('invited-into-direct', cleo);
  await cleo.click('accept');
  await seeEachOther(ann, ben, cleo);
  await takeScreenshots('direct-became-group', ann);
  await ann.find('tile-ben').hover();
  await ann.find('mute-ben').waitFor({ state: 'visible' });

  for (const one of [cleo, ben, ann]) {
    await one.click('hang-up');
    await one.hides('call-view');
  }
});

test('a group stops ringing when the caller gives up', async () => {
  for (const id of ['ben', 'cleo']) await ann.find(`select-${id}`).check();
  await ann.click('group-audio');
  await Promise.all([ben.shows('incoming-sheet'), cleo.shows('incoming-sheet')]);
  await ann.click('hang-up');
  await Promise.all([ben.isTold('Missed call from Ann.'), cleo.isTold('Missed call from Ann.')]);
  await Promise.all([ben.hides('incoming-sheet'), cleo.hides('incoming-sheet')]);
});

test('no page threw an error, and no process logged one', () => {
  expect([ann, ben, cleo].flatMap(({ crashes }) => crashes)).toEqual([]);
  expect(
    stack
      .output()
      .split('\n')
      .filter((line) => /^\S+ error /.test(line)),
  ).toEqual([]);
});
