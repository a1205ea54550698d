import { createRingline } from '@ringline/client';
import type { Call } from '@ringline/contract';
import { type PostgresServer, startPostgres } from '@ringline/testing/postgres';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { until } from '@ringline/testing/until';
import { io } from 'socket.io-client';
import request from 'supertest';
import type { Heard } from './device.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import type { Replica } from './stack.ts';
import type { User } from './user.ts';

const stack = setUpStack();
const [ann, ben] = setUpUsers(stack, 'ann', 'ben');

async function readiness({ url }: Replica) {
  const { status, body } = await request(url).get('/ready');
  return [status, body.status];
}

async function start(on: Replica): Promise<string> {
  const body = { type: 'audio', participantIds: [ben.id] };
  const started = await ann.ask('post', '/calls/start', { body, on });
  expect(started.status).toBe(201);
  return started.body.call.id;
}

describe('without Redis', () => {
  // Only the Redis of the call services stops. LiveKit has its own, which it needs for rooms.
  let redis: RedisServer;
  let on: Replica;

  beforeAll(async () => {
    redis = await startRedis();
    on = await stack.startReplica({ REDIS_URL: redis.url });
    await redis.kill();
  });
  afterAll(async () => {
    await on.close();
    await redis.stop();
  });

  test('calls are started and answered, and devices at the same replica are notified', async () => {
    const [caller, callee] = [await ann.connect('a', on), await ben.connect('b', on)];
    expect(await readiness(on)).toEqual([200, 'degraded']);
    const callId = await start(on);
    expect(await callee.next('call:incoming')).toMatchObject({ callId });
    expect(await callee.send('call:accept', { callId })).toMatchObject({ ok: true });
    await caller.next('call:accepted');
    expect(await ann.act(callId, 'end', {}, { on })).toMatchObject({ status: 200 });
  });

  test('messages that other replicas missed stay in the outbox for the worker', async () => {
    const callId = await start(on);
    const kept = await stack.database.query('SELECT FROM outbox WHERE call_id = $1', [callId]);
    expect(kept.rowCount).toBe(1);
  });

  test('devices hear from other replicas again when it is back', async () => {
    const other = await stack.startReplica({ REDIS_URL: redis.url });
    const callee = await ben.connect('b', on);
    await redis.restart();
    // A ring may be lost until the replica has subscribed again; the worker would repeat it.
    await until('a ring of another replica is heard', async () => {
      const callId = await start(other);
      await ann.act(callId, 'end', {}, { on: other });
      await callee.send('call:sync');
      return callee.names().includes('call:incoming');
    });
  });

  test('an idle device learns that its user is in a call on another replica when it is back', async () => {
    const other = await stack.startReplica({ REDIS_URL: redis.url });
    const idle = await ann.connect('idle', on);
    await redis.kill();
    const callId = await start(other);
    await redis.restart();
    const showsCall = ({ name, payload }: Heard) =>
      name === 'call:sync' && payload.calls.some(({ id }: Call) => id === callId);
    await until('it hears of the call', () => idle.heard.some(showsCall));
  });
});

describe('without Postgres', () => {
  let postgres: PostgresServer;
  let on: Replica;

  beforeAll(async () => {
    postgres = await startPostgres({ durable: true });
    on = await stack.startReplica({ DATABASE_URL: postgres.url });
  });
  afterAll(async () => {
    await on.close();
    await postgres.stop();
  });

  test('the service answers UNAVAILABLE, and recovers as soon as Postgres is back', async () => {
    const device = await ann.connect('d', on);
    await postgres.kill();
    // The backends of a killed Postgres live on for a moment.
    await until('Postgres is away', async () => (await readiness(on))[0] === 503);
    const body = { type: 'audio', participantIds: [ben.id] };
    const refused = await ann.ask('post', '/calls/start', { body, on });
    expect(refused).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
    expect(refused.headers['retry-after']).toBe('1');
    expect(JSON.stringify(refused.body)).not.toMatch(/postgres|ECONN|SELECT|127\.0\.0\.1/i);
    const acknowledged = await device.send('call:start', body);
    expect(acknowledged).toMatchObject({
      ok: false,
      error: { code: 'UNAVAILABLE', retryAfterSeconds: 1 },
    });
    await postgres.restart();
    expect(await readiness(on)).toEqual([200, 'ok']);
    await start(on);
  });

  test('devices that connect meanwhile learn of their call soon after it is back', async () => {
    const callId = await start(on);
    await postgres.kill();
    await until('Postgres is away', async () => (await readiness(on))[0] === 503);

    const refused: unknown[] = [];
    const createSdk = ({ token }: User) =>
      createRingline({
        ...{ url: on.url, token, media: false },
        logger: { ...console, debug: () => undefined, info: (message) => refused.push(message) },
      });
    const [annsSdk, bensSdk] = [createSdk(ann), createSdk(ben)];
    let rings = 0;
    bensSdk.on('incoming', () => {
      rings += 1;
    });
    const plain = io(on.url, {
      ...{ auth: { token: ben.token }, transports: ['websocket'], forceNew: true },
    });
    const synced: unknown[] = [];
    plain.on('call:sync', (notice) => synced.push(notice));
    const outage = () => stack.log().match(/sockets (wait to be|are) synced/g);
    try {
      await Promise.all([annsSdk.connect(), bensSdk.connect()]);
      const isRefused = () => refused.filter((message) => message === 'sync failed').length >= 3;
      await until('the SDKs are refused', () => isRefused() && plain.connected);
      expect([annsSdk.calls, bensSdk.calls, synced, outage()]).toEqual([
        ...[[], [], []],
        ['sockets wait to be synced'],
      ]);

      await postgres.restart();
      const isListed = () =>
        [annsSdk, bensSdk].every(({ calls }) => calls.some(({ id }) => id === callId));
      await until('the SDKs list the call', isListed, 12_000);
      await until('the plain socket is synced', () => synced.length > 0, 12_000);
      expect(synced).toEqual([
        { calls: [expect.objectContaining({ id: callId })], now: expect.any(String) },
      ]);
      expect(rings).toBe(1);
      await until('all are synced', () => outage()?.includes('sockets are synced'));
      expect(outage()).toHaveLength(2);
    } finally {
      for (const one of [annsSdk, bensSdk, plain]) one.close();
    }
  });
});

test('an internal fault is answered without details, which are only in the log', async () => {
  const path = `/calls/${await ann.call(ben)}`;
  await stack.database.query('ALTER TABLE call_participants RENAME TO elsewhere');
  try {
    const { status, body } = await ann.ask('get', path);
    expect({ status, body }).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
    expect(JSON.stringify(body)).not.toMatch(/relation|call_participants|at .*\.ts/);
    expect(stack.log()).toContain(body.requestId);
    expect(stack.log()).toMatch(/relation .*call_participants.* does not exist/);
  } finally {
    await stack.database.query('ALTER TABLE elsewhere RENAME TO call_participants');
  }
});
