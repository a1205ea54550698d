import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Logger } from './logger.ts';
import { boundRedisBacklog } from './redis-backlog.ts';
import { reportConnection } from './redis-report.ts';
import { parseRedisUrl } from './redis-url.ts';
import { within } from './within.ts';

export type RedisClient = Redis | Cluster;

export interface RedisConnectionOptions {
  /** Tells the connections of one process apart, in the log and in `CLIENT LIST`. */
  name: string;
  logger: Logger;
  /**
   * Commands wait for Redis however long: for connections that subscribe or block. Otherwise a command fails at once
   * while Redis is away, and after two seconds when Redis hangs: what is asked of Redis is never worth a wait of ours.
   */
  offlineQueue?: boolean;
  /**
   * Whether a node's lost subscriptions are renewed by the connection itself, as by default. It hands a refusal to nobody, so
   * it ends the process.
   */
  resubscribe?: boolean;
}

const COMMAND_TIMEOUT_MS = 2000;
const FIRST_CONNECT_MS = 2000;
const CLOSE_MS = 1000;

/**
 * Connects to one node, or to a cluster by some of its nodes (`redis://a,b,c`). Resolves once connected, or after two
 * seconds without Redis: it goes on trying by itself, and says in the log what becomes of it. Never rejects for want of
 * Redis; throws for what is not a Redis URL.
 */
export async function connectRedis(
  url: string,
  options: RedisConnectionOptions,
): Promise<RedisClient> {
  const client = createClient(url, options);
  reportConnection(client, options);
  boundRedisBacklog(client, options);
  const ready = new Promise<void>((resolve) => client.once('ready', resolve));
  // Without Redis the process starts all the same; the report has said so.
  await within(FIRST_CONNECT_MS, ready).catch(() => undefined);
  return client;
}

function createClient(
  url: string,
  { name, offlineQueue = false, resubscribe = true }: RedisConnectionOptions,
): RedisClient {
  const address = parseRedisUrl(url);
  const [first] = address?.nodes ?? [];
  if (!address || !first) throw new Error('Not the URL of a Redis node or cluster.');

  const redisOptions: RedisOptions = {
    connectionName: `ringline:${name}`,
    connectTimeout: 5000,
    // A host that vanished without a word must not leave a subscriber waiting for hours.
    keepAlive: 10_000,
    // How long a closed connection may hold up the end of the process, when Redis does not close its side.
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
      // After a failover the old master still answers, but takes no writes any more.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    });
  }
  return new Cluster(address.nodes, {
    redisOptions,
    enableOfflineQueue: offlineQueue,
    // Each try to find the node that has the key takes a tenth of a second.
    maxRedirections: offlineQueue ? 16 : 5,
    clusterRetryStrategy: retryStrategy,
    // Without it a cluster hands no sharded message to anybody, and says nothing about it.
    shardedSubscribers: true,
    // The certificate of a node names its host, so the host must not be looked up beforehand.
    ...(address.tls ? { dnsLookup: (host, done) => done(null, host) } : {}),
  });
}

/** Quickly at first, since most outages are a restart; then every two seconds, and not all processes in step. */
function retryStrategy(attempts: number): number {
  const delay = Math.min(50 * 2 ** Math.min(attempts, 10), 2000);
  return delay / 2 + Math.random() * (delay / 2);
}

/** Waits for the answers that are still to come, a second at most, and closes for good. */
export async function closeRedis(client: RedisClient): Promise<void> {
  // Redis may go away or hang just then: there is no answer to wait for.
  if (client.status === 'ready') await within(CLOSE_MS, client.quit()).catch(() => undefined);
  client.disconnect();
}
