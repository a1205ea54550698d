import {
  createBackgroundTasks,
  createClientlessServer,
  createLiveKit,
  createMonitoringReport,
  createPublisher,
  type Engine,
  MEDIA_RETRY_MS,
  needsToPublish,
} from '@ringline/engine';
import {
  closeRedis,
  connectRedis,
  createInternalApp,
  createReadiness,
  listen,
  type RedisClient,
  type Resource,
  type ServiceContext,
  watchRedisFitness,
} from '@ringline/platform';
import { createQualityStore } from '@ringline/quality';
import { createStore, type Database, openDatabase } from '@ringline/store';
import { startJobs } from './jobs/start-jobs.ts';

const SERVICE = 'cleanup-worker';

type Context = ServiceContext<typeof SERVICE>;

export interface RunningCleanupWorker {
  internalPort: number;
  /** In closing order. */
  parts: Resource[];
}

function createEngine(
  { config, logger, metrics }: Context,
  database: Database,
  redis: RedisClient,
): Engine {
  const server = createClientlessServer(redis);
  return {
    store: createStore(database, { deploymentId: config.deploymentId }),
    media: createLiveKit(config.livekit, metrics),
    publisher: createPublisher(server, () => redis.status === 'ready', logger),
    backgroundTasks: createBackgroundTasks(logger, { retryForMs: MEDIA_RETRY_MS }),
    logger,
    metrics,
  };
}

function createWorkerReadiness(
  { draining }: Context,
  { store, media }: Engine,
  pingRedis: () => Promise<unknown>,
) {
  return createReadiness({
    service: SERVICE,
    draining,
    checks: {
      postgres: { check: () => store.ping(), required: true },
      redis: { check: pingRedis, required: false },
      livekit: { check: () => media.ping(), required: false },
    },
  });
}

/** Starts a cleanup worker. Any number of them may run. */
export async function startCleanupWorker(context: Context): Promise<RunningCleanupWorker> {
  const { config, logger, metrics } = context;
  const redis = await connectRedis(config.redis.url, { name: 'publish', logger });
  const fitness = await watchRedisFitness(redis, [needsToPublish], logger);
  const database = openDatabase({ ...config.database, logger });
  const engine = createEngine(context, database, redis);
  const jobs = startJobs({ engine, redis, quality: createQualityStore(database) }, config);
  const internalApp = createInternalApp({
    service: SERVICE,
    logger,
    readiness: createWorkerReadiness(context, engine, () => {
      fitness.demand();
      return redis.ping();
    }),
    registry: metrics.registry,
    monitoring: createMonitoringReport(engine),
  });
  const { internalPort, host } = config.http;
  const internal = await listen(internalApp, internalPort, host, logger);
  return {
    internalPort: internal.port,
    parts: [
      ...jobs,
      { name: 'background', close: () => engine.backgroundTasks.drained() },
      { name: 'internal port', close: () => internal.close() },
      { name: 'store', close: () => engine.store.close() },
      { name: 'redis', close: () => closeRedis(redis) },
    ],
  };
}
