import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { RedisServer } from '@ringline/testing/redis';
import { until } from '@ringline/testing/until';
import { type Fault, killServer } from '../fault.ts';

const run = promisify(execFile);
function ask({ port }: RedisServer, ...command: string[]) {
  return run('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...command]);
}

/** Restarts without its data. */
const emptied: Fault = {
  name: 'redis-emptied',
  seconds: 3,
  losesSamples: true,
  inject: ({ world }) => killServer(world.redis),
};

const stopped: Fault = {
  name: 'redis-stopped',
  seconds: 6,
  async inject({ world }) {
    process.kill(world.redis.pid(), 'SIGSTOP');
    return async () => {
      process.kill(world.redis.pid(), 'SIGCONT');
    };
  },
};

const full: Fault = {
  name: 'redis-full',
  seconds: 5,
  async inject({ world }) {
    await ask(world.redis, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await ask(world.redis, 'CONFIG', 'SET', 'maxmemory', '1');
    return async () => {
      await ask(world.redis, 'CONFIG', 'SET', 'maxmemory', '0');
    };
  },
};

const subscribersCut: Fault = {
  name: 'redis-subscribers-cut',
  seconds: 0,
  async inject({ world }) {
    for (let cut = 0; cut < 10; cut += 1) {
      await ask(world.redis, 'CLIENT', 'KILL', 'TYPE', 'pubsub');
      await sleep(200);
    }
    return async () => undefined;
  },
};

/**
 * LiveKit then no longer finds its rooms in Redis, though users are in them whom a host may remove.
 */
const livekitsEmptied: Fault = {
  name: 'livekit-redis-emptied',
  seconds: 1,
  // If the two share one, ours is emptied as well.
  losesSamples: true,
  async inject({ world, load }) {
    await until(
      'users sit in a room',
      () => load.conferences.some(({ sitting }) => sitting),
      60_000,
    );
    return killServer(world.livekitRedis);
  },
};

export const redisFaults: readonly Fault[] = [
  emptied,
  stopped,
  full,
  subscribersCut,
  livekitsEmptied,
];
