import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Logger } from './logger.ts';
import { boundRedisBacklog } from './redis-backlog.ts';
import { reportConnection } from './redis-report.ts';
import { parseRedisUrl } from './redis-url.ts';
import { within } from './within.ts';

export type RedisClient = Redis | Cluster;

export interface RedisConnectionOptions {
  /** Names the connection in the log and in `CLIENT LIST`. */
  name: string;
  logger: Logger;
  /**
   * Commands wait until Redis is back. For connections that subscribe or block. Otherwise a command
   * fails at once while Redis is away, and after two seconds if Redis hangs.
   */
  offlineQueue?: boolean;
  /**
   * Whether the connection renews lost subscriptions itself, as it does by default. A refusal would
   * be an unhandled rejection then, which ends the process.
   */
  resubscribe?: boolean;
}

const COMMAND_TIMEOUT_MS = 2000;
const FIRST_CONNECT_MS = 2000;
const CLOSE_MS = 1000;

/**
 * Connects to one node, or to a cluster by some of its nodes (`redis://a,b,c`). Resolves once
 * connected, or after two seconds. It keeps reconnecting by itself, and logs it. Rejects only for
 * an invalid URL.
 */
export async function connectRedis(
  url: string,
  options: RedisConnectionOptions,
): Promise<RedisClient> {
  const client = createClient(url, options);
  reportConnection(client, options);
  boundRedisBacklog(client, options);
  const ready = new Promise<void>((resolve) => client.once('ready', resolve));
  // The process also starts without Redis. `reportConnection` has logged it.
  await within(FIRST_CONNECT_MS, ready).catch(() => undefined);
  return client;
}

function createClient(
  url: string,
  { name, offlineQueue = false, resubscribe = true }: RedisConnectionOptions,
): RedisClient {
  const address = parseRedisUrl(url);
  const [first] = address?.nodes ?? [];
  if (!address || !first) throw new Error('This is not the URL of a Redis node or cluster.');

  const redisOptions: RedisOptions = {
    connectionName: `ringline:${name}`,
    connectTimeout: 5000,
    // Detects a dead host within seconds. A subscriber would otherwise wait for hours.
    keepAlive: 10_000,
    // How long a closed connection may delay the exit if Redis does not close its side.
    disconnectTimeout: 200,
    enableOfflineQueue: offlineQueue,
    ...(offlineQueue ? {} : { commandTimeout: COMMAND_TIMEOUT_MS }),
    ...(address.username === null ? {} : { username: address.username }),
    ...(address.password === null ? {} : { password: address.password }),
    ...(address.tls ? { tls: {} } : {}),
  };
  if (!address.cluster) {
    return new Redis({
      ...redisOptions,
      ...first,
      db: address.database,
      retryStrategy,
      autoResubscribe: resubscribe,
      maxRetriesPerRequest: offlineQueue ? null : 0,
      // After a failover, the old master still answers but refuses writes.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    });
  }
  return new Cluster(address.nodes, {
    redisOptions,
    enableOfflineQueue: offlineQueue,
    // Each redirection takes a tenth of a second.
    maxRedirections: offlineQueue ? 16 : 5,
    clusterRetryStrategy: retryStrategy,
    // Without it, a cluster silently delivers no sharded messages.
    shardedSubscribers: true,
    // A node's certificate contains its host name, so the name must not be resolved beforehand.
    ...(address.tls ? { dnsLookup: (host, done) => done(null, host) } : {}),
  });
}

/**
 * Short at first, since most outages are restarts, then up to two seconds. Random, to spread the
 * load.
 */
function retryStrategy(attempts: number): number {
  const delay = Math.min(50 * 2 ** Math.min(attempts, 10), 2000);
  return delay / 2 + Math.random() * (delay / 2);
}

/** Waits a second at most for pending replies, and closes the connection for good. */
export async function closeRedis(client: RedisClient): Promise<void> {
  // Redis may go away or hang meanwhile.
  if (client.status === 'ready') await within(CLOSE_MS, client.quit()).catch(() => undefined);
  client.disconnect();
}
