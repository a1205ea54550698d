import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { closeRedis, connectRedis, createLogger, type RedisClient } from '@ringline/platform';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { io } from 'socket.io-client';
import { setUp } from './fixture.ts';
import { startProcesses } from './processes.ts';
import { createUsers, type User } from './user.ts';

const DEVICES = 6;
const LIMIT = 20;
/**
 * The places of a dead replica are free after five seconds; the rest allows for a busy machine. The
 * lease is much longer.
 */
const FREE_WITHIN_MS = 30_000;
const FIVE_STARTS_MS = 180_000;

let redis: RedisClient;
let steady: Service;
let crashing: Service;

// Defined before the processes, so that it runs before they are stopped.
afterAll(() => closeRedis(redis));
const place = setUp(
  () => startProcesses(2, { RATE_LIMIT_SOCKETS_PER_USER: String(LIMIT) }),
  60_000,
);
beforeAll(async () => {
  [steady, crashing] = place.replicas as [Service, Service];
  const logger = createLogger({ service: 'test', level: 'error', production: true });
  redis = await connectRedis(place.redis.url, { name: 'test', logger });
});

const RETRY_MS = 200;
const LEASE_MS = 90_000;

function keyOf({ id }: User): string {
  return `ringline:sockets:${id}`;
}
function untilPlaces(user: User, count: number) {
  return until(
    `${user.id} has ${count} places`,
    async () => (await redis.zcard(keyOf(user))) === count,
  );
}

/** Connects as clients do: a refused one tries again. */
function connectAtLast(user: User, on: Service) {
  return until(
    'a device is connected',
    () =>
      user.connect(undefined, on).catch((error) => {
        if (error.data?.code !== 'RATE_LIMITED') throw error;
        return delay(RETRY_MS, null);
      }),
    FREE_WITHIN_MS,
  );
}
function connectMany(user: User, count: number, on: Service) {
  return Promise.all(Array.from({ length: count }, () => connectAtLast(user, on)));
}

async function expectFull(user: User, ...replicas: Service[]): Promise<void> {
  for (const on of replicas) {
    await expect(user.connect(undefined, on)).rejects.toMatchObject({
      data: { code: 'RATE_LIMITED', retryAfterSeconds: 5 },
    });
  }
}

test(
  'users with six devices are back within seconds after each of five crashes, and their limit still holds',
  async () => {
    const users = (await createUsers(place, 'ann', 'ben', 'cleo')) as [User, ...User[]];
    const connectAll = () => Promise.all(users.map((user) => connectMany(user, DEVICES, crashing)));
    await connectAll();
    for (let crash = 0; crash < 5; crash += 1) {
      await crashing.kill();
      for (const user of users) user.forget();
      await crashing.restart();
      await connectAll();
    }

    const [ann] = users;
    await connectMany(ann, LIMIT - DEVICES, steady);
    await expectFull(ann, steady, crashing);
    for (const user of users) user.forget();
  },
  FIVE_STARTS_MS,
);

test('a replica that was frozen takes its places back', async () => {
  const [ann] = (await createUsers(place, 'ann')) as [User];
  await connectMany(ann, LIMIT, crashing);
  await expectFull(ann, steady);
  process.kill(crashing.pid(), 'SIGSTOP');
  await connectAtLast(ann, steady);
  process.kill(crashing.pid(), 'SIGCONT');
  await untilPlaces(ann, LIMIT + 1);
  await expectFull(ann, steady, crashing);
  ann.forget();
  await untilPlaces(ann, 0);
}, 60_000);

test('the places of a process of release 0.1 end only with their lease, however full it is', async () => {
  const [ann] = (await createUsers(place, 'ann')) as [User];
  const expires = Date.now() + LEASE_MS;
  for (let nth = 0; nth < LIMIT; nth += 1) await redis.zadd(keyOf(ann), expires, randomUUID());
  await expectFull(ann, steady);
  for (const id of await redis.zrange(keyOf(ann), 0, 2)) {
    await redis.zadd(keyOf(ann), Date.now() - 1, id);
  }
  await connectMany(ann, 3, steady);
  await expectFull(ann, steady);
  ann.forget();
});

test('a client that disconnects while it connects leaves no place behind', async () => {
  const [ann] = (await createUsers(place, 'ann')) as [User];
  for (let nth = 0; nth < LIMIT; nth += 1) {
    const options = { transports: ['websocket'], forceNew: true, reconnection: false };
    const socket = io(steady.url, { ...options, auth: { token: ann.token } });
    await new Promise<void>((resolve) => {
      socket.io.engine.once('open', () => {
        // Directly after the packet that asks to connect.
        setTimeout(() => socket.io.engine.close(), nth % 3);
        socket.io.engine.once('close', () => resolve());
      });
    });
  }
  await untilPlaces(ann, 0);
});

test('an emptied Redis learns the places within seconds, and no socket is refused before', async () => {
  const [ann] = (await createUsers(place, 'ann')) as [User];
  await connectMany(ann, LIMIT / 2, steady);
  await connectMany(ann, LIMIT / 2, crashing);
  await place.redis.kill();
  await place.redis.restart();
  await untilPlaces(ann, LIMIT);
  await expectFull(ann, steady, crashing);
  ann.forget();
});
