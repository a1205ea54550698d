import { randomUUID } from 'node:crypto';
import {
  createClientlessServer,
  createMonitoringReport,
  createPublisher,
  needsToPublish,
} from '@ringline/engine';
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
import {
  createConsumer,
  createQualityStore,
  createStoreBatch,
  needsToIngest,
  startIngestion,
} from '@ringline/quality';
import { createStore, openDatabase } from '@ringline/store';

const SERVICE = 'quality-ingester';

export interface RunningQualityIngester {
  internalPort: number;
  /** In closing order. */
  parts: Resource[];
}

/** Starts a quality ingester. Any number of them share the stream. */
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
  const fitness = await watchRedisFitness(commands, [needsToPublish, needsToIngest], logger);
  const database = openDatabase({ ...config.database, logger });
  const store = createStore(database);
  const publisher = createPublisher(
    createClientlessServer(commands),
    () => commands.status === 'ready',
    logger,
  );

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
  // This process has no access to LiveKit, so it reports the rooms that the database expects.
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
  const quality = createQualityStore(database);
  const consumer = createConsumer({ blocking, commands }, randomUUID());
  const storeBatch = createStoreBatch({ quality, store, consumer, publisher, logger, metrics });
  const ingestion = startIngestion({ consumer, storeBatch, logger });
  return {
    internalPort: internal.port,
    parts: [
      { name: 'ingestion', close: () => ingestion.stop() },
      { name: 'internal port', close: () => internal.close() },
      { name: 'redis', close: () => Promise.all([closeRedis(blocking), closeRedis(commands)]) },
      { name: 'store', close: () => store.close() },
    ],
  };
}
