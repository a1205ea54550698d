import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { BASE_PATH } from '@ringline/contract';
import request from 'supertest';
import { connectDevice, type Device } from './device.ts';
import { setUpStack } from './fixture.ts';
import type { Replica } from './stack.ts';
import { createUsers, type User } from './user.ts';

let replica: Replica;
let user: User;

const ORIGINS = ['https://app.example', 'https://b.example:8443'];

const stack = setUpStack({ env: { CORS_ORIGINS: ORIGINS.join(',') } });

beforeAll(async () => {
  replica = stack.replicas[0];
  [user] = (await createUsers(stack, 'ann')) as [User];
});

interface Conversation {
  /** All bytes that came back. */
  heard: string;
  /** From the connection to its end. */
  seconds: number;
}

const CLOSE_FRAME = 0x88;

/**
 * Sends something on a bare connection, then more every second, and waits until the service closes
 * it.
 */
function talkTo({ url }: Replica, say: string, drip = ''): Promise<Conversation> {
  return new Promise((resolve) => {
    const began = performance.now();
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
    const dripping = setInterval(() => drip !== '' && socket.write(drip), 1000);
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      // A WebSocket is closed by a frame, and its other end has some time to agree.
      if (chunk[0] === CLOSE_FRAME) socket.end();
    });
    // A reset ends the connection as well.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearInterval(dripping);
      resolve({ heard, seconds: (performance.now() - began) / 1000 });
    });
    socket.write(say);
  });
}

function http(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\n`;
}
function upgrade(...more: string[]): string {
  return http(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    'Host: ringline',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ...more,
    '',
  );
}
const post = [`POST ${BASE_PATH}/calls/start HTTP/1.1`, 'Host: ringline'];

describe('a client that never finishes', () => {
  const slow: [string, number, () => Promise<Conversation>][] = [
    ['a client that sends nothing', 5, () => talkTo(replica, '')],
    ['a client whose headers never end', 5, () => talkTo(replica, http(...post), 'X-More: 1\r\n')],
    [
      'a client whose body never ends',
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
    ['a WebSocket that never becomes a socket of a user', 10, () => talkTo(replica, upgrade())],
  ];
  let conversations: Map<string, Promise<Conversation>>;
  // All at once, since each takes its time.
  beforeAll(() => {
    conversations = new Map(slow.map(([what, , begin]) => [what, begin()]));
  });

  test('takes nothing from others meanwhile', async () => {
    expect((await user.ask('get', '/calls/stats')).status).toBe(200);
    const device = await user.connect();
    expect(await device.send('call:sync')).toMatchObject({ ok: true });
    user.forget();
  });

  test.each(slow)('is disconnected: %s, after more than %i seconds', async (what, limit) => {
    const { seconds } = (await conversations.get(what)) as Conversation;
    expect(seconds).toBeGreaterThan(limit - 1);
    // The service checks once a second.
    expect(seconds).toBeLessThan(limit + 5);
  });
});

describe('a client that sends requests and reads no answer', () => {
  const get = http('GET /openapi.json HTTP/1.1', 'Host: ringline', '');

  test('is cut off before the answers fill the memory', async () => {
    const socket = connect({ port: Number(new URL(replica.url).port), host: '127.0.0.1' });
    socket.pause();
    socket.on('error', () => socket.destroy()); // a reset is an end like another
    const end = new Promise((resolve) => socket.on('close', () => resolve('closed')));
    socket.write(get.repeat(5000));
    // It hears of the end only when it sends more.
    const sending = setInterval(() => socket.write(get), 50);
    expect(await end).toBe('closed');
    clearInterval(sending);
    expect(stack.log()).toMatch(/too many unanswered requests/);
    expect((await user.ask('get', '/calls/stats')).status).toBe(200);
  });

  test('keeps its connection while only a few answers wait', async () => {
    const { heard } = await talkTo(
      replica,
      `${get.repeat(9)}${http('GET /openapi.json HTTP/1.1', 'Host: ringline', 'Connection: close', '')}`,
    );
    expect(heard.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(10);
  });
});

describe('a request', () => {
  test('is refused when its headers are too large', async () => {
    const { heard } = await talkTo(replica, http(...post, `X-Long: ${'x'.repeat(17_000)}`, ''));
    expect(heard).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('a client that sends too many bytes', () => {
  const BURST = 100_000;
  const payload = { callId: randomUUID(), to: 'ben', sdp: 'x'.repeat(20_000) };
  let limited: Replica;

  beforeAll(async () => {
    limited = await stack.startReplica({
      RATE_LIMIT_SOCKET_BYTES_PER_SECOND: '50000',
      RATE_LIMIT_SOCKET_BYTE_BURST: String(BURST),
    });
  });

  const closed = ({ socket }: Device) => new Promise((resolve) => socket.on('disconnect', resolve));

  test('is refused until it has waited for the time in Retry-After', async () => {
    const device = await user.connect(undefined, limited);
    const offer = () => device.send('webrtc:offer', payload);
    const errors = (await Promise.all(Array.from({ length: 6 }, offer))).map(({ error }) => error);
    const refused = errors.filter(({ code }) => code === 'RATE_LIMITED');
    // There is no such call: the other messages passed the limit. Messages that arrive in one piece
    // are counted together.
    const passed = errors.filter(({ code }) => code === 'CALL_NOT_FOUND');
    expect(passed.length).toBeGreaterThan(0);
    expect(passed.length).toBeLessThanOrEqual(BURST / payload.sdp.length);
    expect(errors).toEqual([...passed, ...refused]);
    const { values } = await limited.metrics.rateLimitRefusals.get();
    expect(values).toContainEqual({ labels: { limit: 'socket_bytes' }, value: refused.length });
    await delay(refused.at(-1).retryAfterSeconds * 1000);
    expect(await device.send('call:sync')).toMatchObject({ ok: true });
    user.forget();
  });

  test('is closed if it goes on, even if it sends no events', async () => {
    const device = await user.connect(undefined, limited);
    const end = closed(device);
    // An Engine.IO message with a Socket.IO acknowledgement that was never requested.
    const acknowledgement = `31${JSON.stringify(['x'.repeat(20_000)])}`;
    for (let sent = 0; sent < 3 * BURST; sent += acknowledgement.length) {
      device.socket.io.engine.write(acknowledgement);
    }
    expect(await end).toBe('io server disconnect');
    user.forget();
  });

  test('takes nothing from another socket of the same user', async () => {
    const [flooding, calm] = await Promise.all([
      user.connect(undefined, limited),
      user.connect(undefined, limited),
    ]);
    const end = closed(flooding);
    for (let sent = 0; sent < 3 * BURST; sent += 20_000) {
      flooding.socket.emit('webrtc:offer', payload);
    }
    await end;
    expect(await calm.send('call:sync')).toMatchObject({ ok: true });
    user.forget();
  });
});

describe('the origin of a page', () => {
  const connectFrom = (origin: string | null, on = replica) =>
    connectDevice(on.url, { token: user.token }, origin === null ? {} : { origin });

  test.each([
    'https://evil.example',
    'http://app.example',
    'https://app.example.evil.example',
    'null',
  ])('is refused with any token when it is another one: %s', async (origin) => {
    await expect(connectFrom(origin)).rejects.toMatchObject({ data: { code: 'FORBIDDEN' } });
    const before = await stack.contents();
    const started = await request(replica.url)
      .post(`${BASE_PATH}/calls/start`)
      .set('Origin', origin)
      .auth(user.token, { type: 'bearer' })
      .send({ type: 'audio', participantIds: ['ben'] });
    expect([started.status, started.body.code]).toEqual([403, 'FORBIDDEN']);
    expect(await stack.contents()).toEqual(before);
  });

  test.each([...ORIGINS, null])(
    "is allowed when it is the host app's, or missing: %s",
    async (origin) => {
      const device = await connectFrom(origin);
      expect(await device.send('call:sync')).toMatchObject({ ok: true });
      device.close();
    },
  );

  test('is always allowed when CORS_ORIGINS is *', async () => {
    const open = await stack.startReplica({ CORS_ORIGINS: '*' });
    (await connectFrom('https://anything.example', open)).close();
  });
});

describe('the headers of every response', () => {
  const paths = [
    `${BASE_PATH}/calls/stats`,
    `${BASE_PATH}/nowhere`,
    '/docs/',
    '/openapi.json',
    '/health',
    '/nowhere',
  ];
  test.each(paths)('protect browsers: %s', async (path) => {
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
