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
  /** Rejects where Redis is away, or forbids what the service needs. */
  ping(): Promise<unknown>;
}

export async function connectToRedis(url: string, logger: Logger): Promise<RedisConnections> {
  const [publish, subscribe] = await Promise.all([
    connectRedis(url, { name: 'publish', logger }),
    connectRedis(url, { name: 'subscribe', logger, offlineQueue: true, resubscribe: false }),
  ]);
  // One after the other, so that the same Redis is always refused with the same message.
  const publishing = await watchRedisFitness(publish, redisNeeds, logger);
  const hearing = await watchRedisFitness(subscribe, [needsToSubscribe], logger);
  return {
    name: 'redis',
    publish,
    subscribe,
    ping: async () => {
      publishing.demand();
      hearing.demand();
      return publish.ping();
    },
    close: () => Promise.all([closeRedis(publish), closeRedis(subscribe)]),
  };
}
