import { randomBytes } from 'node:crypto';
import { type LiveKitServer, startLiveKit } from '@ringline/testing/livekit';
import { freePort } from '@ringline/testing/ports';
import { createTestDatabase, type TestDatabase } from '@ringline/testing/postgres';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { attendRoom, closeMedia } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import { SignJWT } from 'jose';
import { Client } from 'pg';
import { type Container, runContainer, runOnce } from './containers.ts';

/*
 * The image of docker/Dockerfile, in containers like those of docker-compose.yml: read-only,
 * without privileges.
 */

const AUDIENCE = 'calls.example.com';
const secret = randomBytes(32).toString('hex');

let database: TestDatabase;
let redis: RedisServer;
let livekit: LiveKitServer;
let env: Record<string, string>;
let internalPort: string;
let callService: Container;
let worker: Container;
let ingester: Container;

function startCallServiceContainer() {
  return runContainer('services/call-service/src/main.ts', { ...env, INTERNAL_PORT: internalPort });
}

function answers(port: string) {
  return until(
    `port ${port} is healthy`,
    async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok,
    60_000,
  );
}

/** A database without tables. */
async function emptied(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await client.end();
}

beforeAll(async () => {
  const port = String(await freePort());
  internalPort = String(await freePort());
  [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
  await emptied(database.url);
  livekit = await startLiveKit({
    redisUrl: redis.url,
    webhookUrl: `http://127.0.0.1:${port}/webhooks/livekit`,
  });
  env = {
    HOST: '127.0.0.1',
    PORT: port,
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    LIVEKIT_URL: livekit.url,
    LIVEKIT_PUBLIC_URL: livekit.publicUrl,
    LIVEKIT_API_KEY: livekit.apiKey,
    LIVEKIT_API_SECRET: livekit.apiSecret,
    AUTH_JWT_SECRET: secret,
    AUTH_JWT_AUDIENCE: AUDIENCE,
  };
});
afterAll(async () => {
  await closeMedia();
  for (const container of [callService, worker, ingester]) container?.kill();
  await livekit?.stop();
  await Promise.all([redis?.stop(), database?.drop()]);
});

async function ask(userId: string, path: string, body: object = {}) {
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setAudience(AUDIENCE)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret));
  const response = await fetch(`http://127.0.0.1:${env.PORT}/api/v1/calls/${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
  return response.json();
}

async function readState(callId: string): Promise<string> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query('SELECT state FROM calls WHERE id = $1', [callId]);
  await client.end();
  return rows[0]?.state;
}

test('the migrations can run twice', () => {
  for (const time of ['first', 'second']) {
    const { status, output } = runOnce('scripts/migrate.ts', { DATABASE_URL: database.url });
    expect([time, status, output]).toEqual([time, 0, 'The database is up to date.']);
  }
});

test('a bad environment gives one clear line and exit code 1', () => {
  const bad = { ...env, AUTH_JWT_SECRET: 'short' };
  const { status, errors } = runOnce('services/call-service/src/main.ts', bad);
  expect(status).toBe(1);
  expect(errors).toMatch(/^Bad configuration: AUTH_JWT_SECRET is shorter than 32 bytes\.$/);
});

test('the three processes run healthy, without privileges, with nothing writable', async () => {
  const ports = [String(await freePort()), String(await freePort())] as const;
  callService = startCallServiceContainer();
  worker = runContainer('services/cleanup-worker/src/main.ts', { ...env, INTERNAL_PORT: ports[0] });
  ingester = runContainer('services/quality-ingester/src/main.ts', {
    ...env,
    INTERNAL_PORT: ports[1],
  });
  await Promise.all([internalPort, ...ports].map(answers));
  for (const container of [callService, worker, ingester]) {
    expect(container.isHealthy()).toBe(true);
    expect(container.exec('node', '--print', 'process.getuid()').output).toBe('10001');
    const write = container.exec(
      'node',
      '--eval',
      "require('node:fs').writeFileSync('/tmp/x', '')",
    );
    expect(write.errors).toMatch(/EROFS|EACCES/);
  }
});

test('a call through them outlives the call service', async () => {
  const { call, connection } = await ask('ann', 'start', {
    type: 'audio',
    participantIds: ['ben'],
  });
  const joined = await ask('ben', `${call.id}/join`);
  const seats = [await attendRoom(connection), await attendRoom(joined.connection)];
  await until('the call is connected', async () => (await readState(call.id)) === 'connected');

  callService.kill();
  callService = startCallServiceContainer();
  await answers(internalPort);
  expect(await readState(call.id)).toBe('connected');
  expect(seats.every((seat) => seat.isConnected())).toBe(true);

  const ended = await ask('ann', `${call.id}/end`);
  expect(ended.call).toMatchObject({ state: 'ended', endReason: 'hangup' });
  await Promise.all(seats.map((seat) => seat.over));
});

test('each process stops cleanly when it is asked to', () => {
  for (const container of [callService, worker, ingester]) {
    expect(container.output()).not.toContain(secret);
    expect(container.stop()).toBe(0);
  }
});
