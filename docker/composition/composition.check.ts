import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPage } from '@ringline/testing/browser/page';
import { readCandidateTypes, relayOnly } from '@ringline/testing/browser/relay';
import { accept, ring } from '@ringline/testing/browser/talk';
import { launchChromium } from '@ringline/testing/chromium';
import { freePort } from '@ringline/testing/ports';
import { until } from '@ringline/testing/until';
import { startWebApp, type WebApp } from '@ringline/testing/web-app';
import { SignJWT } from 'jose';
import { bringUp, type Running, takeDown } from './composition.ts';
import { type Composition, readComposition } from './read.ts';
import { DOMAIN, type ServerFolder, setUpServer } from './server.ts';
import { createVisitor, type Visitor } from './visitor.ts';

/*
 * All of docker-compose.yml as it is shipped, seen from outside. docs/composition.md lists the
 * differences.
 */

let server: ServerFolder;
let composition: Composition;
let running: Running;
let home: string;
let browser: Awaited<ReturnType<typeof launchChromium>>;
let visit: Visitor;
let hostApp: WebApp;

beforeAll(async () => {
  const port = await freePort();
  server = setUpServer(`http://127.0.0.1:${port}`);
  composition = readComposition(server.path);
  running = await bringUp(composition);
  const root = running.exec('caddy', 'cat', '/data/caddy/pki/authorities/local/root.crt');
  visit = createVisitor(server.address, root.output);
  home = makeHomeThatTrusts(root.output);
  browser = await launchChromium({ home, names: { [DOMAIN]: server.address } });
  hostApp = await startWebApp({
    address: '127.0.0.1',
    port,
    ringlineUrl: `https://${DOMAIN}`,
    env: {
      AUTH_JWT_SECRET: server.env.AUTH_JWT_SECRET ?? '',
      AUTH_JWT_AUDIENCE: DOMAIN,
    },
  });
});
afterAll(async () => {
  await browser?.close();
  await hostApp?.stop();
  if (composition) takeDown(composition);
  if (home) rmSync(home, { recursive: true, force: true });
  server?.remove();
});

/** Makes a home folder in which Chromium trusts this certificate authority. */
function makeHomeThatTrusts(authority: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringline-home-'));
  const database = join(folder, '.pki', 'nssdb');
  mkdirSync(database, { recursive: true });
  writeFileSync(join(folder, 'root.crt'), authority);
  const trusted = ['-n', 'caddy', '-t', 'C,,', '-i', join(folder, 'root.crt')];
  for (const args of [
    ['-N', '--empty-password'],
    ['-A', ...trusted],
  ]) {
    const { status, stderr } = spawnSync('certutil', ['-d', `sql:${database}`, ...args]);
    if (status !== 0) throw new Error(String(stderr));
  }
  return folder;
}

async function ask(userId: string, method: string, path: string, body?: object) {
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setAudience(DOMAIN)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(server.env.AUTH_JWT_SECRET));
  const answer = await visit(`/api/v1/calls/${path}`, { token, method, ...(body && { body }) });
  expect([path, answer.status < 300]).toEqual([path, true]);
  return JSON.parse(answer.body);
}

test('the service is ready', async () => {
  // The names of the containers that start last resolve only some moments later.
  const { status, body, headers } = await until(
    '/ready answers ok',
    async () => {
      const answer = await visit('/ready');
      return JSON.parse(answer.body).status === 'ok' && answer;
    },
    60_000,
  );
  expect(status).toBe(200);
  expect(JSON.parse(body).checks).toEqual({ postgres: 'ok', redis: 'ok', livekit: 'ok' });
  expect(headers['strict-transport-security']).toBe('max-age=31536000');
  const plain = await fetch(`http://${server.address}/ready`, { redirect: 'manual' });
  expect(plain.status).toBe(308);
});

test('two browsers that reach only coturn hold a call', async () => {
  const [ann, ben] = await Promise.all([
    openPage(browser, hostApp.url, 'ann', relayOnly),
    openPage(browser, hostApp.url, 'ben', relayOnly),
  ]);
  await ring(ann, ben, 'video');
  await accept(ben, ann);
  for (const { page } of [ann, ben]) {
    expect(new Set(await readCandidateTypes(page))).toEqual(new Set(['relay']));
  }
  await ann.click('hang-up');
  await ben.hides('call-view');
  expect([...ann.crashes, ...ben.crashes]).toEqual([]);
  await Promise.all([ann.close(), ben.close()]);
});

test('the join guard admits a participant, and refuses one who was removed', async () => {
  const enter = async (token: string) =>
    (await visit(`/rtc/validate?access_token=${token}`)).status;
  const { call } = await ask('carol', 'POST', 'start', {
    type: 'audio',
    participantIds: ['dave', 'erin'],
  });
  const { connection } = await ask('dave', 'POST', `${call.id}/join`, {});
  expect(connection.url).toBe(`wss://${DOMAIN}`);
  expect(await enter(connection.token)).toBe(200);
  await ask('carol', 'DELETE', `${call.id}/participants/dave`);
  expect(await enter(connection.token)).toBe(403);
  expect(await enter('of-nobody')).toBe(401);
  await ask('carol', 'POST', `${call.id}/end`, {});
});

test.each(['/twirp/livekit.RoomService/ListRooms', '/metrics', '/webhooks/livekit'])(
  '%s is not reachable from outside',
  async (path) => {
    expect((await visit(path, { method: 'POST', body: {} })).status).toBe(404);
  },
);

function isOpen(port: number) {
  return new Promise<boolean>((resolve) => {
    const socket = createConnection({ host: server.address, port });
    const done = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

test('only the ports of Caddy, coturn and media are open', async () => {
  const ports = [80, 443, 3000, 3001, 3300, 3478, 5432, 6379, 6789, 7880, 7881, 9090];
  const open = await Promise.all(ports.map(async (port) => ((await isOpen(port)) ? [port] : [])));
  expect(open.flat()).toEqual([80, 443, 3478, 7881]);
});

test.each(['postgres', 'redis', 'prometheus'])('%s has no route to the internet', (service) => {
  const { output } = running.exec(service, 'cat', '/proc/net/route');
  const destinations = output.split('\n').map((line) => line.split(/\s+/)[1]);
  expect(destinations).toContain('Destination');
  expect(destinations.length).toBeGreaterThan(1);
  expect(destinations).not.toContain('00000000');
});

test('Prometheus reaches all its targets', async () => {
  const url = 'http://127.0.0.1:9090/api/v1/targets';
  const targets = () =>
    JSON.parse(running.exec('prometheus', 'wget', '-q', '-O', '-', url).output).data
      .activeTargets as { health: string; labels: { job: string } }[];
  const up = () =>
    targets()
      .filter(({ health }) => health === 'up')
      .map(({ labels }) => labels.job)
      .sort();
  const all = ['call-service', 'cleanup-worker', 'livekit', 'quality-ingester'];
  await until('every target is up', () => up().join() === all.join(), 120_000);
});

test('no container prints a secret', () => {
  const secrets = Object.entries(server.env).filter(([name]) => /SECRET$|PASSWORD$/.test(name));
  expect(secrets).toHaveLength(6);
  for (const service of Object.keys(composition.services)) {
    const output = running.output(service);
    for (const [name, secret = ''] of secrets) {
      expect([service, name, output.includes(secret)]).toEqual([service, name, false]);
    }
  }
});

test('every container stops cleanly when it is asked to', () => {
  const codes = running.stop();
  expect(codes).toMatchObject({
    'call-service': 0,
    'cleanup-worker': 0,
    'quality-ingester': 0,
    migrate: 0,
    postgres: 0,
    redis: 0,
  });
  // None had to be killed.
  for (const [name, code] of Object.entries(codes)) expect([name, code]).not.toEqual([name, 137]);
});
