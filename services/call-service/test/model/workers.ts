import {
  createBackgroundTasks,
  createClientlessServer,
  createLiveKit,
  createPublisher,
  type Engine,
} from '@ringline/engine';
import { closeRedis, connectRedis, createLogger, createMetrics } from '@ringline/platform';
import { createStore, openDatabase } from '@ringline/store';
import type { Stack } from '../stack.ts';

export type Workers = readonly Engine[];

/** Two engines like those of cleanup workers, which act only when a run asks them to. */
export async function startWorkers(
  stack: Stack,
): Promise<{ workers: Workers; close(): Promise<void> }> {
  const logger = createLogger({ service: 'cleanup-worker', level: 'error', production: true });
  const metrics = createMetrics();
  const redis = await connectRedis(stack.redis.url, { name: 'publish', logger });
  const worker = (): Engine => ({
    store: createStore(openDatabase({ url: stack.databaseUrl, poolSize: 2, logger })),
    media: createLiveKit(stack.livekit, metrics),
    publisher: createPublisher(createClientlessServer(redis), () => true, logger),
    backgroundTasks: createBackgroundTasks(logger),
    logger,
    metrics,
  });
  const workers = [worker(), worker()];
  return {
    workers,
    close: async () => {
      for (const { backgroundTasks: background, store } of workers) {
        await background.drained();
        await store.close();
      }
      await closeRedis(redis);
    },
  };
}
