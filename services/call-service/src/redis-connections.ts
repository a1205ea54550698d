import { needsToSubscribe } from '@ringline/engine';
import {
  closeRedis,
  connectRedis,
  type Logger,
  type RedisClient,
  type Resource,
  watchRedisFitness,
} from '@ringline/platform';
import { redisNeeds } from './redis-needs.ts';

export interface RedisConnections extends Resource {
  publish: RedisClient;
  subscribe: RedisClient;
  /** Rejects if Redis is away, or forbids a command that the service needs. */
  ping(): Promise<unknown>;
}

export async function connectToRedis(url: string, logger: Logger): Promise<RedisConnections> {
  const [publish, subscribe] = await Promise.all([
    connectRedis(url, { name: 'publish', logger }),
    connectRedis(url, { name: 'subscribe', logger, offlineQueue: true, resubscribe: false }),
  ]);
  // One after the other, so that an unfit Redis always causes the same message.
  const publishing = await watchRedisFitness(publish, redisNeeds, logger);
  const subscribing = await watchRedisFitness(subscribe, [needsToSubscribe], logger);
  return {
    name: 'redis',
    publish,
    subscribe,
    ping: async () => {
      publishing.demand();
      subscribing.demand();
      return publish.ping();
    },
    close: () => Promise.all([closeRedis(publish), closeRedis(subscribe)]),
  };
}
