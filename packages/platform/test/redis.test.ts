import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { closeRedis, connectRedis, type LogFields, type RedisClient } from '@ringline/platform';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { type RedisCluster, startRedisCluster } from '@ringline/testing/redis-cluster';

const open: RedisClient[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(closeRedis));
});

async function connect(url: string, { offlineQueue = false } = {}) {
  const lines: (LogFields & { message: string })[] = [];
  const log = (message: string, fields?: LogFields) => {
    lines.push({ message, ...fields });
  };
  const logger = { error: log, warn: log, info: log, debug: log };
  const client = await connectRedis(url, { name: 'test', logger, offlineQueue });
  open.push(client);
  return { client, messages: () => lines.map(({ message }) => message), lines };
}

async function measureMs(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work;
  return performance.now() - startedAt;
}

/** Like `once` of Node, which would reject on the first error. */
function next(client: RedisClient, event: string): Promise<unknown[]> {
  return new Promise((resolve) => client.once(event, (...values) => resolve(values)));
}

async function ready(client: RedisClient): Promise<void> {
  if (client.status !== 'ready') await next(client, 'ready');
}

describe('a connection to a Redis Cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  it('reaches the keys of all masters', async () => {
    const { client } = await connect(cluster.url);
    const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
    await Promise.all(keys.map((key) => client.set(key, key)));
    expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys);
  });

  it('receives from the sharded channels of all masters', async () => {
    const { client: subscriber } = await connect(cluster.url, { offlineQueue: true });
    const { client: publisher } = await connect(cluster.url);
    const channels = Array.from({ length: 30 }, (_, index) => `channel-${index}`);
    const heard = new Set<string>();
    const all = new Promise<void>((resolve) => {
      subscriber.on('smessage', (channel: string) => {
        if (heard.add(channel).size === channels.length) resolve();
      });
    });
    await Promise.all(channels.map((channel) => subscriber.ssubscribe(channel)));
    await Promise.all(channels.map((channel) => publisher.spublish(channel, 'hello')));
    await all;
    expect([...heard].sort()).toEqual([...channels].sort());
  });

  it('fails commands within two seconds when the whole cluster is away', async () => {
    const { client, messages } = await connect(cluster.url);
    await cluster.stop();
    const lost = next(client, 'reconnecting');
    const failed = expect(client.get('key')).rejects.toThrow();
    expect(await measureMs(failed)).toBeLessThan(2000);
    await lost;
    const refused = expect(client.get('key')).rejects.toThrow();
    expect(await measureMs(refused)).toBeLessThan(1000);
    expect(messages()).toContain('Redis is away, reconnecting');
  });
});

describe('a connection to one Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('is ready when it is returned', async () => {
    const { client, lines } = await connect(redis.url);
    await client.set('key', 'value');
    expect(await client.get('key')).toBe('value');
    expect(lines).toEqual([{ message: 'Redis is connected', connection: 'test' }]);
  });

  it('uses the database of the URL', async () => {
    const { client } = await connect(`${redis.url}/3`);
    expect(await client.client('INFO')).toContain('db=3');
  });

  it('fails a command at once while Redis is away, and recovers', async () => {
    const { client, messages } = await connect(redis.url);
    await redis.kill();
    const refused = expect(client.get('key')).rejects.toThrow();
    expect(await measureMs(refused)).toBeLessThan(1000);
    // Several failed attempts are logged once.
    await next(client, 'reconnecting');
    await next(client, 'reconnecting');
    await redis.restart();
    await ready(client);
    expect(await client.get('key')).toBeNull();
    expect(messages()).toEqual([
      'Redis is connected',
      'Redis is away, reconnecting',
      'Redis is connected',
    ]);
  });

  it('fails a command after two seconds when Redis hangs', async () => {
    const { client } = await connect(redis.url);
    await client.call('CLIENT', 'PAUSE', 2500, 'ALL');
    const refused = expect(client.get('key')).rejects.toThrow('timed out');
    expect(await measureMs(refused)).toBeGreaterThan(1900);
  });

  it('drops its backlog when Redis hangs and too much waits, and recovers', async () => {
    const { client, messages } = await connect(redis.url);
    const value = 'x'.repeat(1_000_000);
    process.kill(redis.pid(), 'SIGSTOP');
    const closed = next(client, 'close');
    const writes = Promise.allSettled(Array.from({ length: 32 }, () => client.set('key', value)));
    await Promise.all([closed, writes]);
    expect(messages()).toContain('Redis does not read, reconnecting');
    process.kill(redis.pid(), 'SIGCONT');
    await ready(client);
    expect(await client.set('key', 'small')).toBe('OK');
  });

  it('waits for Redis if it has an offline queue', async () => {
    const { client } = await connect(redis.url, { offlineQueue: true });
    await redis.kill();
    const later = client.set('queued', 'yes');
    await redis.restart();
    expect(await later).toBe('OK');
  });

  it('renews its subscriptions after Redis was away', async () => {
    const { client: subscriber } = await connect(redis.url, { offlineQueue: true });
    const { client: publisher } = await connect(redis.url);
    await subscriber.ssubscribe('channel');
    await redis.kill();
    await redis.restart();
    await Promise.all([ready(subscriber), ready(publisher)]);
    const heard = next(subscriber, 'smessage');
    while ((await publisher.spublish('channel', 'hello')) === 0);
    expect(await heard).toEqual(['channel', 'hello']);
  });

  it('is returned after two seconds without Redis, and connects later', async () => {
    await redis.stop();
    const connecting = connect(redis.url);
    expect(await measureMs(connecting)).toBeGreaterThan(1900);
    const { client, lines } = await connecting;
    expect(lines).toEqual([
      {
        message: 'Redis is away, reconnecting',
        connection: 'test',
        attempts: 1,
        error: expect.objectContaining({ code: 'ECONNREFUSED' }),
      },
    ]);
    await redis.restart();
    await ready(client);
    expect(await client.ping()).toBe('PONG');
  });

  it('closes for good, with or without Redis, and can be closed twice', async () => {
    const { client: one } = await connect(redis.url);
    const { client: other, messages } = await connect(redis.url);
    await closeRedis(one);
    await expect(one.get('key')).rejects.toThrow();
    const lost = next(other, 'reconnecting');
    await redis.kill();
    await lost;
    await closeRedis(other);
    await closeRedis(other);
    await redis.restart();
    expect(messages().filter((message) => message === 'Redis is connected')).toHaveLength(1);
  });

  it('is rejected for an invalid URL', async () => {
    await expect(connect('http://localhost')).rejects.toThrow(
      'This is not the URL of a Redis node or cluster.',
    );
  });
});
