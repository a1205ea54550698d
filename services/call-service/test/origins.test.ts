import { connect } from 'node:net';
import { BASE_PATH, problem, type SocketError, socketError } from '@ringline/contract';
import request from 'supertest';
import { connectDevice } from './device.ts';
import { setUpStack } from './fixture.ts';
import type { Replica } from './stack.ts';
import { createUser, type User } from './user.ts';

/*
 * The origins whose pages are served, by REST and by socket alike, and the reasons that other pages
 * get.
 */

const CONFIGURED =
  'https://app.example,capacitor://localhost,tauri://localhost,http://tauri.localhost,https://*.example.com,null';
const REASON = "The request's Origin is neither in CORS_ORIGINS nor the address of this service.";

let plain: Replica;
let ann: User;

const stack = setUpStack({ env: { CORS_ORIGINS: CONFIGURED } });

beforeAll(async () => {
  plain = stack.replicas[0];
  ann = await createUser(stack, 'ann');
});

type Headers = Record<string, string>;

function bySocket(on: Replica, headers: Headers): Promise<SocketError | null> {
  return connectDevice(on.url, { token: ann.token }, headers).then(
    (device) => {
      device.close();
      return null;
    },
    (error: { data: SocketError }) => error.data,
  );
}
function byRest(on: Replica, headers: Headers) {
  return request(on.url)
    .get(`${BASE_PATH}/calls/active`)
    .auth(ann.token, { type: 'bearer' })
    .set(headers);
}
function preflight(on: Replica, headers: Headers) {
  return request(on.url)
    .options(`${BASE_PATH}/calls/start`)
    .set({ 'Access-Control-Request-Method': 'POST', ...headers });
}

async function expectLetIn(on: Replica, headers: Headers): Promise<void> {
  const { origin } = headers;
  expect(await bySocket(on, headers)).toBeNull();
  const answer = await byRest(on, headers);
  expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, origin]);
  if (origin === undefined) return;
  const asked = await preflight(on, headers);
  expect([asked.status, asked.headers['access-control-allow-origin']]).toEqual([204, origin]);
}

async function expectRefused(on: Replica, headers: Headers): Promise<void> {
  const refusal = await bySocket(on, headers);
  expect(refusal).toMatchObject({ code: 'FORBIDDEN', message: REASON });
  expect(socketError.parse(refusal)).toEqual(refusal);
  expect(stack.refusalOf(refusal?.requestId ?? '')).toMatchObject({
    reason: REASON,
    origin: headers.origin,
  });
  for (const answer of [await byRest(on, headers), await preflight(on, headers)]) {
    expect(answer.status).toBe(403);
    expect(problem.parse(answer.body)).toMatchObject({ code: 'FORBIDDEN', detail: REASON });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expect(stack.refusalOf(answer.body.requestId)).toMatchObject({
      reason: REASON,
      origin: headers.origin,
    });
  }
}

/** The origin of the service itself, as its clients see it. */
function ownOf({ url }: Replica, scheme = 'http') {
  return `${scheme}://${new URL(url).host}`;
}

describe('a page is served', () => {
  test.each([
    ...['https://app.example', 'capacitor://localhost', 'tauri://localhost'],
    ...['http://tauri.localhost', 'https://a.example.com', 'https://a.b.example.com', 'null'],
  ])('from %s, which CORS_ORIGINS allows', (origin) => expectLetIn(plain, { origin }));

  test.each(['http', 'https'])("from the service's own address, by %s", (scheme) =>
    expectLetIn(plain, { origin: ownOf(plain, scheme) }),
  );

  test("from the service's own address as named by a trusted proxy", async () => {
    const behind = await stack.startReplica({ TRUST_PROXY: 'loopback' });
    const headers = { 'x-forwarded-host': 'calls.example', 'x-forwarded-proto': 'https' };
    await expectLetIn(behind, { origin: 'https://calls.example', ...headers });
    await expectRefused(behind, { origin: 'https://other.example', ...headers });
  });

  test('without an origin', () => expectLetIn(plain, {}));

  test("from the service's own address, without CORS_ORIGINS", async () => {
    const closed = await stack.startReplica({ CORS_ORIGINS: '' });
    await expectLetIn(closed, { origin: ownOf(closed) });
    await expectRefused(closed, { origin: 'https://app.example' });
  });

  test('from any origin, with CORS_ORIGINS=*', async () => {
    const open = await stack.startReplica({ CORS_ORIGINS: '*' });
    expect(await bySocket(open, { origin: 'https://anything.example' })).toBeNull();
    const answer = await byRest(open, { origin: 'https://anything.example' });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, '*']);
  });
});

describe('a page is refused with a reason, which is logged as well', () => {
  test.each([
    ...['https://evil.example', 'http://app.example', 'https://app.example:8443'],
    ...['https://example.com', 'https://evilexample.com', 'http://a.example.com'],
    ...['capacitor://evil', 'file://', 'https://app.example.evil.example', 'x'],
  ])('from %s', (origin) => expectRefused(plain, { origin }));

  test('from the same host on another port', () =>
    expectRefused(plain, { origin: 'http://127.0.0.1:9' }));

  test('from an address that an untrusted proxy names', () =>
    expectRefused(plain, { origin: 'https://calls.example', 'x-forwarded-host': 'calls.example' }));
});

test('health and documents are served to any origin', async () => {
  for (const path of ['/health', '/ready', '/openapi.json']) {
    const answer = await request(plain.url).get(path).set('Origin', 'https://evil.example');
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  }
});

test('a repeated reason is logged as a warning once, and then at debug level', async () => {
  const alone = await stack.startReplica({});
  const requests = await Promise.all(
    Array.from({ length: 5 }, (_, nth) => byRest(alone, { origin: `https://x${nth}.evil` })),
  );
  const levels = requests.map(({ body }) => stack.refusalOf(body.requestId)?.level);
  expect(levels.sort()).toEqual(['debug', 'debug', 'debug', 'debug', 'warn']);
});

describe('a connection that never becomes a socket gets a reason, which is logged as well', () => {
  const say = (...lines: string[]): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect({ port: Number(new URL(plain.url).port), host: '127.0.0.1' });
      let heard = '';
      socket.on('data', (chunk) => {
        heard += chunk;
      });
      socket.on('error', () => socket.destroy());
      socket.on('close', () => resolve(heard));
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    });
  const upgrade = (path: string, ...more: string[]) =>
    say(
      `GET ${path} HTTP/1.1`,
      'Host: ringline',
      'Upgrade: websocket',
      'Connection: Upgrade',
      ...more,
    );
  const KEY = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];

  test.each([
    [
      'long polling',
      () => upgrade('/socket.io/?EIO=4&transport=polling', ...KEY),
      'HTTP/1.1 400',
      "Only WebSockets are served: set transports to ['websocket'].",
    ],
    [
      'an upgrade without its header, which a proxy removed',
      () =>
        say(
          'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
          'Host: ringline',
          'Connection: close',
        ),
      'HTTP/1.1 400',
      'This request does not upgrade to a WebSocket: a proxy may have removed the header Upgrade.',
    ],
    [
      'another path',
      () => upgrade('/ws?token=eyJhbGciOiJIUzI1NiJ9.e30.x', ...KEY),
      'HTTP/1.1 404',
      'There is no WebSocket at this address; Socket.IO is at /socket.io/.',
    ],
    [
      'no Sec-WebSocket-Key',
      () => upgrade('/socket.io/?EIO=4&transport=websocket'),
      'HTTP/1.1 400',
      'The WebSocket handshake is invalid: Missing or invalid Sec-WebSocket-Key header.',
    ],
    [
      'a session of another replica',
      () => upgrade('/socket.io/?EIO=4&transport=websocket&sid=elsewhere', ...KEY),
      'HTTP/1.1 400',
      'This replica has no connection with this sid.',
    ],
  ])('%s', async (_what, ask, status, reason) => {
    const heard = await ask();
    expect(heard.startsWith(status)).toBe(true);
    expect(heard).toContain(reason);
    const line = stack
      .log()
      .split('\n')
      .find((one) => one.includes(JSON.stringify(reason)));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ message: 'a client was refused', reason });
    const showsToken = stack.log().includes('eyJhbGciOiJIUzI1NiJ9');
    expect(showsToken).toBe(false);
  });

  test('an old client', async () => {
    await upgrade('/socket.io/?EIO=3&transport=websocket', ...KEY);
    const reason = 'The client is too old: Socket.IO 3 or newer is required (EIO=4).';
    const isNoted = stack.log().includes(reason);
    expect(isNoted).toBe(true);
  });
});
