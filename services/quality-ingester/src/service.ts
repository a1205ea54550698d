import { randomUUID } from 'node:crypto';
import { createClientlessServer, createMonitoringReport, createPublisher } from '@ringline/engine';
import {
  closeRedis,
  connectRedis,
  createInternalApp,
  createReadiness,
  listen,
  type Resource,
  type ServiceContext,
  watchRedisFitness,
} from '@ringline/platform';
import { createStore } from '@ringline/store';
import { createConsumer } from './consumer.ts';
import { startIngestion } from './ingestion.ts';
import { createKeep } from './keep.ts';
import { redisNeeds } from './redis-needs.ts';
import { createRoundTrips } from './round-trips.ts';

const SERVICE = 'quality-ingester';

export interface RunningQualityIngester {
  internalPort: number;
  /** In the order in which they are to be closed. */
  parts: Resource[];
}

/** Puts the quality ingester together and starts it. Any number of them share the stream. */
export async function startQualityIngester({
  config,
  logger,
  metrics,
  draining,
}: ServiceContext<'quality-ingester'>): Promise<RunningQualityIngester> {
  const { url } = config.redis;
  const [blocking, commands] = await Promise.all([
    connectRedis(url, { name: 'samples', logger, offlineQueue: true }),
    connectRedis(url, { name: 'publish', logger }),
  ]);
  const fitness = await watchRedisFitness(commands, redisNeeds, logger);
  const store = createStore({ ...config.database, logger });
  const publisher = createPublisher(
    createClientlessServer(commands),
    () => commands.status === 'ready',
    logger,
  );
  const consumer = createConsumer({ blocking, commands }, randomUUID());
  const roundTrips = createRoundTrips();
  const keep = createKeep({ store, consumer, publisher, roundTrips, logger, metrics });

  const readiness = createReadiness({
    service: SERVICE,
    draining,
    checks: {
      postgres: { check: () => store.ping(), required: true },
      redis: {
        check: () => {
          fitness.demand();
          return commands.ping();
        },
        required: false,
      },
    },
  });
  // This process does not ask LiveKit: it shows the rooms that there should be.
  const media = {
    listRooms: async () => (await store.listLiveRooms()).map(({ roomName }) => roomName),
  };
  const internal = await listen(
    createInternalApp({
      service: SERVICE,
      logger,
      readiness,
      registry: metrics.registry,
      monitoring: createMonitoringReport({ store, media, logger }),
    }),
    config.http.internalPort,
    config.http.host,
    logger,
  );
  const ingestion = startIngestion({ consumer, keep, logger });
  const stopIngestion = async (): Promise<void> => {
    await ingestion.stop();
    await consumer.leave().catch((error: unknown) => logger.debug('could not leave', { error }));
  };
  return {
    internalPort: internal.port,
    parts: [
      { name: 'ingestion', close: stopIngestion },
      { name: 'internal port', close: () => internal.close() },
      { name: 'redis', close: () => Promise.all([closeRedis(blocking), closeRedis(commands)]) },
      { name: 'store', close: () => store.close() },
    ],
  };
}
