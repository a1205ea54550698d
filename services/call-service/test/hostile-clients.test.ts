import { connect } from 'node:net';
import { BASE_PATH } from '@ringline/contract';
import request from 'supertest';
import { connectDevice } from './device.ts';
import { type Replica, type Stack, startStack } from './stack.ts';
import { createUsers, type User } from './user.ts';

let stack: Stack;
let replica: Replica;
let user: User;

const ORIGINS = ['https://app.example', 'https://b.example:8443'];

beforeAll(async () => {
  stack = await startStack({ env: { CORS_ORIGINS: ORIGINS.join(',') } });
  replica = stack.replicas[0];
  [user] = (await createUsers(stack, 'ann')) as [User];
});
afterAll(() => stack.close());

interface Conversation {
  /** All that came back. */
  heard: string;
  /** From the connection to its end. */
  seconds: number;
}

const CLOSE_FRAME = 0x88;

/** Says something on a bare connection, then more every second, and waits until the service has had enough. */
const talkTo = ({ url }: Replica, say: string, drip = ''): Promise<Conversation> =>
  new Promise((resolve) => {
    const began = performance.now();
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
    const dripping = setInterval(() => drip !== '' && socket.write(drip), 1000);
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      // A WebSocket is closed by a frame, to which its other end has some time to agree.
      if (chunk[0] === CLOSE_FRAME) socket.end();
    });
    // A reset is an end like another.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearInterval(dripping);
      resolve({ heard, seconds: (performance.now() - began) / 1000 });
    });
    socket.write(say);
  });

const http = (...lines: string[]): string => `${lines.join('\r\n')}\r\n`;
const upgrade = (...more: string[]): string =>
  http(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    'Host: ringline',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ...more,
    '',
  );
const post = [`POST ${BASE_PATH}/calls/start HTTP/1.1`, 'Host: ringline'];

describe('a client that never finishes is not waited for', () => {
  const slow: [string, number, () => Promise<Conversation>][] = [
    ['one that says nothing', 5, () => talkTo(replica, '')],
    ['one whose headers have no end', 5, () => talkTo(replica, http(...post), 'X-More: 1\r\n')],
    [
      'one whose body has no end',
      10,
      () =>
        talkTo(
          replica,
          http(
            ...post,
            `Authorization: Bearer ${user.token}`,
            'Content-Type: application/json',
            'Content-Length: 60000',
            '',
          ),
          '{',
        ),
    ],
    ['a WebSocket that becomes nobody’s socket', 10, () => talkTo(replica, upgrade())],
  ];
  let conversations: Map<string, Promise<Conversation>>;
  // All at once, since each takes its time.
  beforeAll(() => {
    conversations = new Map(slow.map(([what, , begin]) => [what, begin()]));
  });

  test('and takes nothing from others meanwhile', async () => {
    expect((await user.ask('get', '/calls/stats')).status).toBe(200);
    const device = await user.connect();
    expect(await device.send('call:sync')).toMatchObject({ ok: true });
    user.forget();
  });

  test.each(slow)('%s, for more than %i seconds', async (what, limit) => {
    const { seconds } = (await conversations.get(what)) as Conversation;
    expect(seconds).toBeGreaterThan(limit - 1);
    // The service looks once a second.
    expect(seconds).toBeLessThan(limit + 5);
  });
});

describe('what is too large', () => {
  test('headers', async () => {
    const { heard } = await talkTo(replica, http(...post, `X-Long: ${'x'.repeat(17_000)}`, ''));
    expect(heard).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('a page of somebody else', () => {
  const connectFrom = (origin: string | null, on = replica) =>
    connectDevice(on.url, { token: user.token }, origin === null ? {} : { origin });

  test.each([
    'https://evil.example',
    'http://app.example',
    'https://app.example.evil.example',
    'null',
  ])('cannot open a WebSocket, whatever token it has: %s', async (origin) => {
    const { heard } = await talkTo(replica, upgrade(`Origin: ${origin}`));
    expect(heard).toMatch(/^HTTP\/1\.1 (400|403) /);
    await expect(connectFrom(origin)).rejects.toThrow('websocket error');
  });

  test.each([...ORIGINS, null])(
    'is not the page of the host app, nor a program: %s',
    async (origin) => {
      const device = await connectFrom(origin);
      expect(await device.send('call:sync')).toMatchObject({ ok: true });
      device.close();
    },
  );

  test('is nobody’s where all origins are allowed', async () => {
    const open = await stack.startReplica({ CORS_ORIGINS: '*' });
    (await connectFrom('https://anything.example', open)).close();
  });
});

describe('the headers of every answer', () => {
  const paths = [
    `${BASE_PATH}/calls/stats`,
    `${BASE_PATH}/nowhere`,
    '/docs/',
    '/openapi.json',
    '/health',
    '/nowhere',
  ];
  test.each(paths)('of %s give browsers nothing to abuse', async (path) => {
    const { headers } = await request(replica.url).get(path);
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'self'"),
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(headers['content-security-policy']).toMatch(/script-src 'self';/);
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('server');
  });
});
