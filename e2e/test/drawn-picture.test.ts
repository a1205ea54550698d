import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { launchChromium } from '@ringline/testing/chromium';
import { until } from '@ringline/testing/until';
import type { Browser, Page } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { openPage, type Person } from '../page.ts';
import { report } from '../report.ts';
import { type Stack, startStack } from '../stack.ts';

jest.setTimeout(120_000);

/** Two browsers that encode and decode in full on a busy machine. */
const FULL_WITHIN_MS = 60_000;

let stack: Stack;
let browser: Browser;
let ben: Person;
let drawn: Page;

beforeAll(async () => {
  stack = await startStack({ web: true });
  const url = stack.web?.url ?? '';
  browser = await launchChromium();
  [ben, drawn] = await Promise.all([openPage(browser, url, 'ben'), openDrawnPage(url)]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

/** Serves the page beside the example host app, so that it has its sign-in. */
async function openDrawnPage(url: string): Promise<Page> {
  const built = (await build({
    root: fileURLToPath(new URL('../drawn-page/', import.meta.url)),
    base: '/drawn/',
    configFile: false,
    logLevel: 'error',
    build: { write: false, target: 'es2022' },
  })) as Rolldown.RolldownOutput;
  const page = await (await browser.newContext()).newPage();
  await page.route(`${url}/drawn/**`, async (route) => {
    const path = new URL(route.request().url()).pathname.slice('/drawn/'.length);
    const file = built.output.find(({ fileName }) => fileName === path);
    if (file === undefined) return route.fulfill({ status: 404 });
    const isPage = path.endsWith('.html');
    await route.fulfill({
      contentType: isPage ? 'text/html' : 'text/javascript',
      body: file.type === 'chunk' ? file.code : String(file.source),
    });
  });
  await page.goto(`${url}/drawn/index.html`);
  await page.locator('body[data-ready=true]').waitFor();
  return page;
}

const sizeOf = (page: Page, selector: string): Promise<string> =>
  page
    .locator(selector)
    .evaluate((video: HTMLVideoElement) => `${video.videoWidth} x ${video.videoHeight}`);

test('a picture that a host app draws from mediaStreamTrack comes in full, however small it is drawn', async () => {
  await ben.click('call-video-ann');
  await ben.reaches('connected');
  const begin = Date.now();
  const sent = await until('Ben sees himself', async () => {
    const size = await sizeOf(ben.page, '[data-testid=local-video]');
    return size !== '0 x 0' && size;
  });
  await until(
    'the picture is drawn as large as it is sent',
    async () => (await sizeOf(drawn, 'video')) === sent,
    FULL_WITHIN_MS,
  );
  report(`a picture drawn from mediaStreamTrack has all of ${sent}: ${Date.now() - begin} ms`);
});
