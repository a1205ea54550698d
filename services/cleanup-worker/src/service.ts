import { randomUUID } from 'node:crypto';
import {
  createBackground,
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
  type Resource,
  type ServiceContext,
  watchRedisFitness,
} from '@ringline/platform';
import { createStore } from '@ringline/store';
import { deadlines } from './jobs/deadlines.ts';
import { gauges } from './jobs/gauges.ts';
import { quality } from './jobs/quality.ts';
import { RECONCILER_LEASE_SECONDS, reconciliation } from './jobs/reconciliation.ts';
import { redelivery } from './jobs/redelivery.ts';
import { RETENTION_LEASE_SECONDS, retention } from './jobs/retention.ts';
import { createLease } from './lease.ts';
import { runRepeatedly } from './run-repeatedly.ts';

const SERVICE = 'cleanup-worker';

export interface RunningCleanupWorker {
  internalPort: number;
  /** In the order in which they are to be closed. */
  parts: Resource[];
}

/** Puts the cleanup worker together and starts it. Any number of them may run, and none is special. */
export async function startCleanupWorker({
  config,
  logger,
  metrics,
  draining,
}: ServiceContext<'cleanup-worker'>): Promise<RunningCleanupWorker> {
  const redis = await connectRedis(config.redis.url, { name: 'publish', logger });
  const publishing = await watchRedisFitness(redis, [needsToPublish], logger);
  const store = createStore({ ...config.database, deploymentId: config.deploymentId, logger });
  const engine: Engine = {
    store,
    media: createLiveKit(config.livekit, metrics),
    publisher: createPublisher(
      createClientlessServer(redis),
      () => redis.status === 'ready',
      logger,
    ),
    background: createBackground(logger, { retryForMs: MEDIA_RETRY_MS }),
    logger,
    metrics,
  };
  const { publisher, media, background } = engine;

  const owner = randomUUID();
  const leaseOf = (name: string, seconds: number) => createLease(store, { name, owner, seconds });
  const reconciler = leaseOf('reconciliation', RECONCILER_LEASE_SECONDS);
  const retainer = leaseOf('retention', RETENTION_LEASE_SECONDS);
  const delivering = runRepeatedly(redelivery({ store, publisher }), engine);
  const others = [
    deadlines(engine),
    reconciliation(engine, reconciler),
    retention({ store, lease: retainer, logger }, config.retention),
    quality({ store, logger }, config.retention),
    gauges(engine),
  ].map((job) => runRepeatedly(job, engine));
  const jobs = [delivering, ...others];
  // Entries that waited for Redis are late already.
  redis.on('ready', () => delivering.wake());

  const readiness = createReadiness({
    service: SERVICE,
    draining,
    checks: {
      postgres: { check: () => store.ping(), required: true },
      redis: {
        check: () => {
          publishing.demand();
          return redis.ping();
        },
        required: false,
      },
      livekit: { check: () => media.ping(), required: false },
    },
  });
  const internalApp = createInternalApp({
    service: SERVICE,
    logger,
    readiness,
    registry: metrics.registry,
    monitoring: createMonitoringReport(engine),
  });
  const internal = await listen(internalApp, config.http.internalPort, config.http.host, logger);
  return {
    internalPort: internal.port,
    parts: [
      { name: 'jobs', close: () => Promise.all(jobs.map((job) => job.stop())) },
      { name: 'leases', close: () => Promise.all([reconciler.release(), retainer.release()]) },
      { name: 'background', close: () => background.drained() },
      { name: 'internal port', close: () => internal.close() },
      { name: 'store', close: () => store.close() },
      { name: 'redis', close: () => closeRedis(redis) },
    ],
  };
}
