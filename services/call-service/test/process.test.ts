import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { BASE_PATH } from '@ringline/contract';
import { closeRedis, connectRedis, createLogger } from '@ringline/platform';
import { type LiveKitServer, startLiveKit } from '@ringline/testing/livekit';
import { createTestDatabase, type TestDatabase } from '@ringline/testing/postgres';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { type Service, startService } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import request from 'supertest';
import { connectDevice } from './device.ts';
import { signToken } from './tokens.ts';

const logger = createLogger({ service: 'test', level: 'error', production: true });
const secret = randomBytes(32).toString('base64url');
let database: TestDatabase;
let redis: RedisServer;
let livekit: LiveKitServer;
let service: Service;

beforeAll(async () => {
  [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
  livekit = await startLiveKit({ redisUrl: redis.url });
});
afterAll(async () => {
  await livekit.stop();
  await Promise.all([redis.stop(), database.drop()]);
});
beforeEach(async () => {
  service = await startService('call-service', {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    LIVEKIT_URL: livekit.url,
    LIVEKIT_API_KEY: livekit.apiKey,
    LIVEKIT_API_SECRET: livekit.apiSecret,
    AUTH_JWT_SECRET: secret,
    LOG_LEVEL: 'debug',
  });
});
afterEach(() => service.stop());

test('both ports report health and readiness', async () => {
  for (const url of [service.url, service.internalUrl]) {
    const health = await request(url).get('/health');
    expect(health.body).toMatchObject({ status: 'ok', service: 'call-service' });
    const ready = await request(url).get('/ready');
    expect([ready.status, ready.body]).toMatchObject([
      200,
      { status: 'ok', checks: { postgres: 'ok', redis: 'ok', livekit: 'ok' } },
    ]);
  }
});

test('only the internal port shows metrics', async () => {
  const token = await signToken(secret, { sub: 'ann' });
  const device = await connectDevice(service.url, { token });
  const started = await request(service.url)
    .post(`${BASE_PATH}/calls/start`)
    .auth(token, { type: 'bearer' })
    .send({ type: 'audio', participantIds: ['ben'] });
  const path = `${BASE_PATH}/calls/${started.body.call.id}`;
  await request(service.url).get(path).auth(token, { type: 'bearer' });
  const { text } = await request(service.internalUrl).get('/metrics');
  expect(text).toContain('ringline_sockets 1');
  expect(text).toContain('ringline_calls_started_total{type="audio",mode="direct"} 1');
  expect(text).toContain('route="/api/v1/calls/:callId",status="200"');
  expect(text).not.toContain(started.body.call.id);
  const monitoring = await request(service.internalUrl).get('/monitoring/metrics');
  expect(monitoring.body).toMatchObject({
    calls: { total: 1, active: 1, completed: 0, failed: 0 },
    livekit: { activeRooms: 1 },
    performance: { successRate: 0 },
    timestamp: expect.any(String),
  });
  for (const hidden of ['/metrics', '/monitoring/metrics', '/livekit/authorize']) {
    expect((await request(service.url).get(hidden)).status).toBe(404);
  }
  device.close();
});

test('the process ends in order: its sockets close so that clients reconnect elsewhere, and every resource is closed', async () => {
  const device = await connectDevice(service.url, {
    token: await signToken(secret, { sub: 'eva' }),
  });
  const reason = new Promise((resolve) => device.socket.on('disconnect', resolve));
  const client = await connectRedis(redis.url, { name: 'test', logger });
  expect(await client.zcard('ringline:sockets:eva')).toBe(1);
  expect(await client.keys('ringline:replica:*')).toHaveLength(1);
  await service.stop();
  // The places of its sockets, and its own heartbeat.
  expect(await client.keys('ringline:sockets:*')).toEqual([]);
  expect(await client.keys('ringline:replica:*')).toEqual([]);
  await closeRedis(client);
  // A client reconnects by itself after this; after `io server disconnect` it would not.
  expect(await reason).toBe('transport close');
  expect(service.output()).toMatch(/stopping/);
  expect(service.output()).toMatch(/stopped/);
  expect(service.output()).not.toMatch(/did not close/);
});

test('requests under way at SIGTERM are answered, each as the last of its connection', async () => {
  const connections = new Agent({ keepAlive: true });
  const ask = () => request(service.url).get('/ready').agent(connections);
  const before = await Promise.all(Array.from({ length: 20 }, ask));
  expect(before.map(({ headers }) => headers.connection)).toEqual(Array(20).fill('keep-alive'));
  process.kill(service.pid(), 'SIGTERM');
  await until('it is draining', async () => (await ask()).status === 503);
  for (const answer of await Promise.all(before.map(ask))) {
    expect(answer).toMatchObject({
      status: 503,
      body: { draining: true },
      headers: { connection: 'close' },
    });
  }
  connections.destroy();
});

test('the process survives a killed Redis, and ends in order while Redis is away', async () => {
  const device = await connectDevice(service.url, {
    token: await signToken(secret, { sub: 'fay' }),
  });
  await redis.kill();
  const other = await connectDevice(service.url, {
    token: await signToken(secret, { sub: 'gil' }),
  });
  expect(await other.send('call:sync')).toMatchObject({ ok: true });
  other.close();
  expect(await device.send('call:sync')).toMatchObject({ ok: true });
  await service.stop();
  await redis.restart();
  expect(service.output()).toMatch(/stopped/);
  expect(service.output()).not.toMatch(/unhandled rejection|uncaught exception|did not close/);
});

test('a frozen client does not delay the end of the process', async () => {
  const token = await signToken(secret, { sub: 'hal' });
  const device = await connectDevice(service.url, { token });
  // biome-ignore lint/suspicious/noExplicitAny: the connection below the socket, which has no type of its own.
  const connection = (device.socket.io.engine.transport as any).ws._socket;
  connection.pause();
  await service.stop();
  expect(service.output()).toMatch(/stopped/);
  expect(service.output()).not.toMatch(/did not close/);
  connection.destroy();
});
