import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { openPage, type Person } from '@ringline/testing/browser/page';
import { launchChromium } from '@ringline/testing/chromium';
import { until } from '@ringline/testing/until';
import type { Browser, Page } from 'playwright-core';
import { report } from '../report.ts';
import { type Stack, startStack } from '../stack.ts';
import { signToken } from '../user.ts';

jest.setTimeout(120_000);

/** Two browsers encode and decode at full size, on a machine that may be busy. */
const FULL_WITHIN_MS = 60_000;

let stack: Stack;
let browser: Browser;
let ben: Person;
let drawn: Page;
let server: Server;
/** The folder in which the page is built. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringline-drawn-'));
  server = await servePage();
  stack = await startStack({ web: true, env: { CORS_ORIGINS: '*' } });
  browser = await launchChromium();
  [ben, drawn] = await Promise.all([
    openPage(browser, stack.web?.url ?? '', 'ben'),
    openDrawnPage(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Builds the page and serves it at its own origin. */
async function servePage(): Promise<Server> {
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin');
  const root = join(import.meta.dirname, '..', 'drawn-page');
  const options = ['--outDir', folder, '--target', 'es2022', '--logLevel', 'error'];
  await promisify(execFile)(process.execPath, [join(vite, 'vite.js'), 'build', root, ...options]);
  const started = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://page');
    try {
      const file = await readFile(join(folder, pathname === '/' ? 'index.html' : pathname));
      response.setHeader('Content-Type', pathname === '/' ? 'text/html' : 'text/javascript');
      response.end(file);
    } catch {
      // The browser also requests an icon, which does not exist.
      response.writeHead(404).end();
    }
  });
  started.listen(0, '127.0.0.1');
  await once(started, 'listening');
  return started;
}

async function openDrawnPage(): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  const { port } = server.address() as AddressInfo;
  const token = await signToken(stack, 'ann', '1h');
  const session = new URLSearchParams({ token, url: stack.callService.url });
  await page.goto(`http://127.0.0.1:${port}/#${session}`);
  await page.locator('body[data-ready=true]').waitFor();
  return page;
}

function readSize(page: Page, selector: string): Promise<string> {
  return page
    .locator(selector)
    .evaluate((video: HTMLVideoElement) => `${video.videoWidth} x ${video.videoHeight}`);
}

test('video that a host app draws from mediaStreamTrack arrives at full size, however small it is drawn', async () => {
  await ben.click('call-video-ann');
  await ben.reaches('connected');
  const begin = Date.now();
  const sent = await until('Ben sees himself', async () => {
    const size = await readSize(ben.page, '[data-testid=local-video]');
    return size !== '0 x 0' && size;
  });
  await until(
    'the picture is drawn as large as it is sent',
    async () => (await readSize(drawn, 'video')) === sent,
    FULL_WITHIN_MS,
  );
  report(
    `video drawn from mediaStreamTrack arrives at its full size of ${sent}: ${Date.now() - begin} ms`,
  );
});
