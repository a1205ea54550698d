import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Router } from 'express';
import { jwtVerify } from 'jose';
import { createHostApp, type HostApp } from '#src/app.ts';
import { readSettings } from '#src/settings.ts';
import { createSignToken } from '#src/token.ts';

const SECRET = 'a secret that only this test knows';
const jwt = { secret: SECRET, issuer: 'https://host.test', audience: 'ringline' };

let hostApp: HostApp;
let server: Server;
let url: string;

beforeAll(async () => {
  const signToken = createSignToken(jwt);
  hostApp = createHostApp({ ringlineUrl: 'http://calls.test', signToken, page: Router() });
  server = createServer(hostApp.app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  hostApp.close();
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

function openSession(userId: unknown) {
  return fetch(`${url}/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ userId }),
  });
}

describe('the example host app', () => {
  it('signs a token with the identity of the person', async () => {
    const response = await openSession('ann');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const session = (await response.json()) as { token: string };
    expect(session).toMatchObject({
      person: { id: 'ann', name: 'Ann' },
      ringlineUrl: 'http://calls.test',
    });
    const { payload } = await jwtVerify(session.token, Buffer.from(SECRET), {
      issuer: jwt.issuer,
      audience: jwt.audience,
      requiredClaims: ['exp'],
    });
    expect(payload).toMatchObject({ sub: 'ann', name: 'Ann' });
  });

  it.each(['nobody', null, { sub: 'ann' }])('refuses to sign for %j', async (userId) => {
    const response = await openSession(userId);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: 'There is no such person.' });
  });

  it('allows scripts from its own origin only', async () => {
    const { headers } = await fetch(`${url}/people`);
    expect(headers.get('content-security-policy')).toContain("script-src 'self';");
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('streams who has the page open', async () => {
    const ann = await followPresence('ann');
    expect(await ann.next()).toEqual(['ann']);
    const ben = await followPresence('ben');
    expect(await ann.next()).toEqual(['ann', 'ben']);
    ben.leave();
    expect(await ann.next()).toEqual(['ann']);
    ann.leave();
  });

  it('refuses a presence stream for an unknown person', async () => {
    expect((await fetch(`${url}/presence?user=nobody`)).status).toBe(404);
  });
});

async function followPresence(userId: string) {
  const leaving = new AbortController();
  const { body } = await fetch(`${url}/presence?user=${userId}`, { signal: leaving.signal });
  if (body === null) throw new Error('the stream has no body');
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  return {
    next: async (): Promise<string[]> => {
      const { value = '' } = await reader.read();
      return JSON.parse(value.replace('data: ', '')).online;
    },
    leave: () => leaving.abort(),
  };
}

describe('the settings of the example', () => {
  const env = { RINGLINE_URL: 'http://calls.test', AUTH_JWT_SECRET: 'new,old' };

  it('have defaults for one machine', () => {
    expect(readSettings(env)).toMatchObject({ host: '127.0.0.1', port: 3100 });
  });

  it('sign with the first of several secrets', () => {
    expect(readSettings(env).jwt.secret).toBe('new');
  });

  it.each(['RINGLINE_URL', 'AUTH_JWT_SECRET'])('are rejected without %s', (name) => {
    expect(() => readSettings({ ...env, [name]: '' })).toThrow(`${name} is missing.`);
  });

  it('are rejected with an invalid port', () => {
    expect(() => readSettings({ ...env, EXAMPLE_WEB_PORT: 'web' })).toThrow('is not a port');
  });
});
