import { createClientlessServer, createPublisher } from '@ringline/engine';
import { closeRedis, connectRedis, type RedisClient } from '@ringline/platform';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { type Service, startService } from '@ringline/testing/service';
import { silentLogger } from '@ringline/testing/silent-logger';
import { until } from '@ringline/testing/until';
import { type Servers, startServers } from './servers.ts';

const SERVICES = ['call-service', 'cleanup-worker', 'quality-ingester'] as const;
/** Missing rights in Redis are checked every ten seconds. */
const WITHIN_MS = 60_000;

let servers: Servers;
const started: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  servers = await startServers();
});
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
});
afterAll(() => servers.stop());

async function redisWith(...more: string[]): Promise<RedisServer> {
  const redis = await startRedis(more);
  started.push(redis);
  return redis;
}

async function administrate(redis: RedisServer): Promise<RedisClient> {
  const admin = await connectRedis(redis.url, { name: 'admin', logger: silentLogger });
  started.push({ stop: () => closeRedis(admin) });
  return admin;
}

/** Creates a Redis user with these rights, and resolves to its URL. */
async function urlOfUser(admin: RedisClient, redis: RedisServer, ...rights: string[]) {
  await admin.call('ACL', 'SETUSER', 'app', 'reset', 'on', '>secret', ...rights);
  return Object.assign(new URL(redis.url), { username: 'app', password: 'secret' }).href;
}

async function start(name: string, redisUrl: string): Promise<Service> {
  const service = await startService(name, { ...servers.env, REDIS_URL: redisUrl });
  started.push(service);
  return service;
}

/** The log of a process that ended by itself while it started. */
function refusalOf(name: string, redisUrl: string): Promise<string> {
  return start(name, redisUrl).then(
    () => 'it started',
    (error: Error) => error.message,
  );
}

const CHANNELS = '&socket.io*';
const KEYS = '~ringline:*';

describe('a Redis that cannot do what Ringline needs', () => {
  test.each(SERVICES)('older than 7 ends the start of the %s with one clear line', async (name) => {
    // An older Redis does not know the commands either.
    const redis = await redisWith(
      ...['--rename-command', 'SPUBLISH', '', '--rename-command', 'SSUBSCRIBE', ''],
    );
    const refusal = await refusalOf(name, redis.url);
    expect(refusal).toContain('it ended (exit code 1)');
    expect(refusal).toContain('does not know; Ringline needs Redis 7 or newer.');
    expect(refusal.match(/could not start/g)).toHaveLength(1);
    expect(refusal).not.toContain('    at '); // no stack
  });

  test.each([
    ['call-service', 'the channels', ['+@all', KEYS], 'SPUBLISH to the channels socket.io#*'],
    ['cleanup-worker', 'the channels', ['+@all', KEYS], 'SPUBLISH to the channels socket.io#*'],
    ['quality-ingester', 'the channels', ['+@all', KEYS], 'SPUBLISH to the channels socket.io#*'],
    ['call-service', 'to subscribe', ['+@all', '-ssubscribe', KEYS, CHANNELS], 'SSUBSCRIBE'],
    ['call-service', 'scripts', ['+@all', '-eval', KEYS, CHANNELS], 'EVAL'],
    ['call-service', 'a command in scripts', ['+@all', '-zadd', KEYS, CHANNELS], 'EVAL'],
    ['call-service', 'the keys', ['+@all', '~other:*', CHANNELS], 'on the keys ringline:*'],
    ['call-service', 'the stream', ['+@all', '-xadd', KEYS, CHANNELS], 'XADD'],
    ['quality-ingester', 'the stream', ['+@all', '-xreadgroup', KEYS, CHANNELS], 'XREADGROUP'],
  ] as const)('whose ACL forbids the %s %s ends its start', async (name, _what, rights, said) => {
    const redis = await redisWith();
    const admin = await administrate(redis);
    const refusal = await refusalOf(name, await urlOfUser(admin, redis, ...rights));
    expect(refusal).toContain('it ended (exit code 1)');
    expect(refusal).toContain(said);
    expect(refusal).toContain('forbids to the user of REDIS_URL (ACL).');
    expect(refusal).not.toContain('secret');
    expect(await admin.keys('*')).toEqual([]);
  });
});

describe('a Redis user with only the documented rights', () => {
  test.each(SERVICES)('is enough for the %s', async (name) => {
    const redis = await redisWith();
    const admin = await administrate(redis);
    const service = await start(name, await urlOfUser(admin, redis, '+@all', KEYS, CHANNELS));
    const ready = await fetch(`${service.internalUrl}/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'ok' }]);
    expect(await admin.keys('ringline:probe:*')).toEqual([]);
  });

  test('takes processes out of service when it loses its channels, and brings them back', async () => {
    const redis = await redisWith();
    const admin = await administrate(redis);
    const url = await urlOfUser(admin, redis, '+@all', KEYS, CHANNELS);
    const [service, worker] = [
      await start('call-service', url),
      await start('cleanup-worker', url),
    ];
    const ready = async ({ internalUrl }: Service) => {
      const answer = await fetch(`${internalUrl}/ready`);
      return { status: answer.status, ...((await answer.json()) as { reasons?: object }) };
    };
    await admin.call('ACL', 'SETUSER', 'app', 'resetchannels');
    const reason = expect.stringContaining('socket.io#*, which this Redis forbids');
    for (const one of [service, worker]) {
      const answer = await until(
        'it is out of service',
        async () => {
          const now = await ready(one);
          return 'reasons' in now && now;
        },
        WITHIN_MS,
      );
      expect(answer).toMatchObject({ status: 'unavailable', reasons: { redis: reason } });
      expect(one.output()).toContain('socket.io#*, which this Redis forbids');
    }
    await admin.call('ACL', 'SETUSER', 'app', CHANNELS);
    for (const one of [service, worker]) {
      await until('it is back', async () => !('reasons' in (await ready(one))), WITHIN_MS);
    }
  }, 150_000);

  test('fails to publish when it loses its channels, and nothing counts as delivered', async () => {
    const redis = await redisWith();
    const admin = await administrate(redis);
    const url = await urlOfUser(admin, redis, '+@all', KEYS, CHANNELS);
    const client = await connectRedis(url, { name: 'publish', logger: silentLogger });
    started.push({ stop: () => closeRedis(client) });
    const warnings: string[] = [];
    const publisher = createPublisher(createClientlessServer(client), () => true, {
      ...silentLogger,
      warn: (message) => warnings.push(message),
    });
    const message = { event: 'call:ended', payload: {}, to: ['ann'] };
    await publisher.publish([message]);
    await admin.call('ACL', 'SETUSER', 'app', 'resetchannels');
    await expect(publisher.publish([message])).rejects.toThrow('NOPERM');
    expect(warnings).toEqual(['Redis did not accept messages']);
  });
});
