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

async function millisecondsOf(work: Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work;
  return performance.now() - begun;
}

/** What `once` of Node does, but that one rejects at the first error. */
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

  it('hears the sharded channels of all masters', async () => {
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

  it('fails commands soon when the whole cluster is away, and then at once', async () => {
    const { client, messages } = await connect(cluster.url);
    await cluster.stop();
    const lost = next(client, 'reconnecting');
    const failed = expect(client.get('key')).rejects.toThrow();
    expect(await millisecondsOf(failed)).toBeLessThan(2000);
    await lost;
    const refused = expect(client.get('key')).rejects.toThrow();
    expect(await millisecondsOf(refused)).toBeLessThan(1000);
    expect(messages()).toContain('Redis is away, trying again');
  });
});

describe('a connection to one Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('is ready when it is handed over', async () => {
    const { client, lines } = await connect(redis.url);
    await client.set('key', 'value');
    expect(await client.get('key')).toBe('value');
    expect(lines).toEqual([{ message: 'Redis is connected', connection: 'test' }]);
  });

  it('goes to the database of the URL', async () => {
    const { client } = await connect(`${redis.url}/3`);
    expect(await client.client('INFO')).toContain('db=3');
  });

  it('fails a command at once while Redis is away, and works again when it is back', async () => {
    const { client, messages } = await connect(redis.url);
    await redis.kill();
    const refused = expect(client.get('key')).rejects.toThrow();
    expect(await millisecondsOf(refused)).toBeLessThan(1000);
    // Several attempts in vain are still one line.
    await next(client, 'reconnecting');
    await next(client, 'reconnecting');
    await redis.restart();
    await ready(client);
    expect(await client.get('key')).toBeNull();
    expect(messages()).toEqual([
      'Redis is connected',
      'Redis is away, trying again',
      'Redis is connected',
    ]);
  });

  it('fails a command after two seconds when Redis hangs', async () => {
    const { client } = await connect(redis.url);
    await client.call('CLIENT', 'PAUSE', 2500, 'ALL');
    const refused = expect(client.get('key')).rejects.toThrow('timed out');
    expect(await millisecondsOf(refused)).toBeGreaterThan(1900);
  });

  it('drops what waits for a Redis that hangs, once it is too much, and works again when it is back', async () => {
    const { client, messages } = await connect(redis.url);
    const value = 'x'.repeat(1_000_000);
    process.kill(redis.pid(), 'SIGSTOP');
    const closed = next(client, 'close');
    const writes = Promise.allSettled(Array.from({ length: 32 }, () => client.set('key', value)));
    await Promise.all([closed, writes]);
    expect(messages()).toContain('Redis does not read, connecting again');
    process.kill(redis.pid(), 'SIGCONT');
    await ready(client);
    expect(await client.set('key', 'small')).toBe('OK');
  });

  it('waits for Redis, when it has an offline queue', async () => {
    const { client } = await connect(redis.url, { offlineQueue: true });
    await redis.kill();
    const later = client.set('patient', 'yes');
    await redis.restart();
    expect(await later).toBe('OK');
  });

  it('hears its channels again after Redis was away', async () => {
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

  it('is handed over without Redis after two seconds, and connects when Redis is there', async () => {
    await redis.stop();
    const connecting = connect(redis.url);
    expect(await millisecondsOf(connecting)).toBeGreaterThan(1900);
    const { client, lines } = await connecting;
    expect(lines).toEqual([
      {
        message: 'Redis is away, trying again',
        connection: 'test',
        attempts: 1,
        error: expect.objectContaining({ code: 'ECONNREFUSED' }),
      },
    ]);
    await redis.restart();
    await ready(client);
    expect(await client.ping()).toBe('PONG');
  });

  it('closes for good, with Redis or without, and can be closed twice', async () => {
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

  it('is refused for what is no URL of Redis', async () => {
    await expect(connect('http://localhost')).rejects.toThrow(
      'Not the URL of a Redis node or cluster.',
    );
  });
});
