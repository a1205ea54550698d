import {
  createBackgroundTasks,
  createConnectionIssuer,
  createLiveKit,
  createMonitoringReport,
  createPublisher,
  type Engine,
  MEDIA_RETRY_MS,
} from '@ringline/engine';
import {
  createInternalApp,
  createReadiness,
  healthRouter,
  listen,
  type RedisClient,
  type Resource,
  type ServiceContext,
} from '@ringline/platform';
import { createQualityStore, type QualityStore } from '@ringline/quality';
import { createStore, type Database, openDatabase } from '@ringline/store';
import type { ActParts } from './acts/act.ts';
import { createRunAct } from './acts/table.ts';
import { startRefreshingGauges } from './gauges.ts';
import { createGracefulShutdown } from './graceful-shutdown.ts';
import { createApp } from './http/app.ts';
import { createPublicServer } from './http/server.ts';
import { createIdentity, type Identity } from './identity/identity.ts';
import { createLimits, type Limits } from './limits/limits.ts';
import { createJoinGuard } from './livekit/join-guard.ts';
import { createLiveKitWebhook } from './livekit/webhook.ts';
import { createReportQuality } from './quality/report.ts';
import { connectToRedis, type RedisConnections } from './redis-connections.ts';
import { watchInitiators } from './sockets/initiators.ts';
import { createIo, type RinglineServer } from './sockets/io.ts';
import { syncWhenRedisReturns } from './sockets/redis-return.ts';
import { ringOwnDevices } from './sockets/ring-again.ts';
import { serveSockets } from './sockets/serve.ts';
import { createSyncQueue } from './sockets/sync-queue.ts';
import { logRefusedUpgrades } from './sockets/upgrades.ts';

const SERVICE = 'call-service';

type Context = ServiceContext<typeof SERVICE>;

export interface RunningCallService {
  port: number;
  internalPort: number;
  /** In closing order. */
  parts: Resource[];
}

function createEngine(
  { config, logger, metrics }: Context,
  database: Database,
  publish: RedisClient,
  io: RinglineServer,
): Engine {
  return {
    store: createStore(database, { deploymentId: config.deploymentId }),
    media: createLiveKit(config.livekit, metrics),
    publisher: createPublisher(io, () => publish.status === 'ready', logger),
    backgroundTasks: createBackgroundTasks(logger, { retryForMs: MEDIA_RETRY_MS }),
    logger,
    metrics,
  };
}

function createActParts(
  { config }: Context,
  engine: Engine,
  quality: QualityStore,
  { verifyToken }: Identity,
  { rings, toggleRate, sampleRate }: Limits,
  redis: RedisClient,
): ActParts {
  const { livekit, turn, timeouts, maxParticipants } = config;
  const { maxCallSeconds } = timeouts;
  return {
    engine,
    quality,
    issueConnection: createConnectionIssuer({ livekit, turn, maxCallSeconds }),
    rings,
    toggleRate,
    callLimits: { timeouts, maxParticipants },
    reportQuality: createReportQuality({
      engine,
      quality,
      redis,
      limit: sampleRate,
      streamMaxLength: config.quality.streamMaxLength,
    }),
    verifyToken,
  };
}

function createServiceReadiness(
  { draining }: Context,
  { store, media }: Engine,
  redis: RedisConnections,
) {
  return createReadiness({
    service: SERVICE,
    draining,
    checks: {
      postgres: { check: () => store.ping(), required: true },
      redis: { check: () => redis.ping(), required: false },
      livekit: { check: () => media.ping(), required: false },
    },
  });
}

/** Starts a call service. */
export async function startCallService(context: Context): Promise<RunningCallService> {
  const { config, logger, metrics } = context;
  const redis = await connectToRedis(config.redis.url, logger);
  const { publish, subscribe } = redis;
  const io = createIo(publish, subscribe, logger);
  const database = openDatabase({ ...config.database, logger });
  const quality = createQualityStore(database);
  const engine = createEngine(context, database, publish, io);
  const { store, backgroundTasks } = engine;
  const identity = createIdentity(config, engine);
  const limits = createLimits({ redis: publish, metrics, logger }, config.rateLimits);
  const runAct = createRunAct(createActParts(context, engine, quality, identity, limits, publish));
  const readiness = createServiceReadiness(context, engine, redis);

  const health = healthRouter(SERVICE, readiness);
  const livekitWebhook = createLiveKitWebhook(engine, config.livekit);
  const http = { config: config.http, logger, metrics, runAct, health, livekitWebhook };
  const server = createPublicServer(createApp({ ...identity, ...limits, ...http }), logger);
  io.attach(server);
  logRefusedUpgrades(io, server, identity.logRefusal);
  const shutDown = createGracefulShutdown(server, io);

  const syncQueue = createSyncQueue({ store, quality }, backgroundTasks, logger);
  syncWhenRedisReturns(io, subscribe, syncQueue);
  const initiators = watchInitiators(io, engine);
  serveSockets(io, { ...engine, ...identity, ...limits, runAct, syncQueue, initiators });

  const internalApp = createInternalApp({
    service: SERVICE,
    logger,
    readiness,
    registry: metrics.registry,
    monitoring: createMonitoringReport(engine),
    router: createJoinGuard(store, logger, config.livekit),
  });
  const { host, port, internalPort } = config.http;
  const internal = await listen(internalApp, internalPort, host, logger);
  const open = await listen(server, port, host, logger);
  return {
    port: open.port,
    internalPort: internal.port,
    parts: [
      { name: 'clients', close: () => shutDown(open) },
      { name: 'background', close: () => backgroundTasks.drained() },
      startRefreshingGauges(engine),
      ringOwnDevices(io, store, logger),
      initiators,
      limits.socketsOfUser,
      ...identity.resources,
      { name: 'internal port', close: () => internal.close() },
      { name: 'store', close: () => store.close() },
      redis,
    ],
  };
}
