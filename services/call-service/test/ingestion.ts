import { closeRedis, connectRedis, type RedisClient } from '@ringline/platform';
import { type Service, startService } from '@ringline/testing/service';
import { silentLogger } from '@ringline/testing/silent-logger';
import type { Stack } from './stack.ts';

/** A quality ingester on a stack, and a connection to the Redis of the sample stream. */
export interface Ingestion {
  ingester: Service;
  redis: RedisClient;
  close(): Promise<void>;
}

export async function startIngestion({ databaseUrl, redis: { url } }: Stack): Promise<Ingestion> {
  const ingester = await startService('quality-ingester', {
    HOST: '127.0.0.1',
    DATABASE_URL: databaseUrl,
    REDIS_URL: url,
  });
  const redis = await connectRedis(url, { name: 'test', logger: silentLogger });
  return {
    ingester,
    redis,
    close: async () => {
      await closeRedis(redis);
      await ingester.stop();
    },
  };
}
