import {
  createBackground,
  createConnectionIssuer,
  createLiveKit,
  createMonitoringReport,
  createPublisher,
  type Engine,
  MEDIA_RETRY_MS,
  needsToSubscribe,
} from '@ringline/engine';
import {
  closeRedis,
  connectRedis,
  createInternalApp,
  createReadiness,
  healthRouter,
  listen,
  type Resource,
  type ServiceContext,
  watchRedisFitness,
} from '@ringline/platform';
import { createStore } from '@ringline/store';
import { startRefreshingGauges } from './gauges.ts';
import { createGracefulShutdown } from './graceful-shutdown.ts';
import { createApp } from './http/app.ts';
import { createHandlers } from './http/handlers.ts';
import { createPublicServer } from './http/server.ts';
import { createKeys } from './identity/keys.ts';
import { createOrigins } from './identity/origins.ts';
import { createNoteFaults } from './identity/profile.ts';
import { createNoteRefusal } from './identity/refusal-log.ts';
import { createTokenVerifier } from './identity/token-verifier.ts';
import { createRequestLimit } from './limits/requests.ts';
import { createSocketAllowances } from './limits/socket-allowance.ts';
import { createSocketsOfUser } from './limits/sockets-of-user.ts';
import { createUnansweredRings } from './limits/unanswered-rings.ts';
import { createJoinGuard } from './livekit/join-guard.ts';
import { createLiveKitWebhook } from './livekit/webhook.ts';
import { createReportQuality } from './quality/report.ts';
import { createSampleLimit } from './quality/sample-limit.ts';
import { redisNeeds } from './redis-needs.ts';
import { createClientEventHandlers } from './sockets/client-events.ts';
import { watchInitiators } from './sockets/initiators.ts';
import { createIo } from './sockets/io.ts';
import { syncWhenRedisReturns } from './sockets/redis-return.ts';
import { ringOwnDevices } from './sockets/ring-again.ts';
import { serveSockets } from './sockets/serve.ts';
import { createSyncQueue } from './sockets/sync-queue.ts';
import { noteRefusedUpgrades } from './sockets/upgrades.ts';

const SERVICE = 'call-service';

export interface RunningCallService {
  port: number;
  internalPort: number;
  /** In the order in which they are to be closed. */
  parts: Resource[];
}

/** Puts the call service together and starts it. */
export async function startCallService({
  config,
  logger,
  metrics,
  draining,
}: ServiceContext<'call-service'>): Promise<RunningCallService> {
  const { url } = config.redis;
  const [publish, subscribe] = await Promise.all([
    connectRedis(url, { name: 'publish', logger }),
    connectRedis(url, { name: 'subscribe', logger, offlineQueue: true, resubscribe: false }),
  ]);
  // One after the other, so that the same Redis is always refused with the same words.
  const publishing = await watchRedisFitness(publish, redisNeeds, logger);
  const hearing = await watchRedisFitness(subscribe, [needsToSubscribe], logger);
  const store = createStore({ ...config.database, deploymentId: config.deploymentId, logger });
  const background = createBackground(logger, { retryForMs: MEDIA_RETRY_MS });
  const io = createIo(publish, subscribe, logger);
  const engine: Engine = {
    store,
    media: createLiveKit(config.livekit, metrics),
    publisher: createPublisher(io, () => publish.status === 'ready', logger),
    background,
    logger,
    metrics,
  };
  const { livekit, turn, timeouts, maxParticipants, rateLimits } = config;
  const { maxCallSeconds } = timeouts;
  const limitParts = { redis: publish, metrics, logger };
  const commands = {
    engine,
    rings: createUnansweredRings(limitParts, rateLimits),
    issueConnection: createConnectionIssuer({ livekit, turn, maxCallSeconds }),
  };
  const limits = { timeouts, maxParticipants };
  const reportQuality = createReportQuality({
    engine,
    redis: publish,
    limit: createSampleLimit(limitParts, rateLimits),
    streamMaxLength: config.quality.streamMaxLength,
  });
  const { jwksUrl } = config.auth;
  const keys = jwksUrl === null ? null : createKeys(jwksUrl, { logger, metrics, background });
  const noteFaults = createNoteFaults(logger);
  const noteRefusal = createNoteRefusal(logger);
  const origins = createOrigins(config.http);
  const verifyToken = createTokenVerifier(config.auth, keys, noteFaults, logger);
  const readiness = createReadiness({
    service: SERVICE,
    draining,
    checks: {
      postgres: { check: () => store.ping(), required: true },
      redis: {
        check: () => {
          publishing.demand();
          hearing.demand();
          return publish.ping();
        },
        required: false,
      },
      livekit: { check: () => engine.media.ping(), required: false },
    },
  });

  const app = createApp({
    config: config.http,
    logger,
    metrics,
    origins,
    noteRefusal,
    noteFaults,
    verifyToken,
    requestLimit: createRequestLimit(limitParts, rateLimits),
    handlers: createHandlers(commands, limits, reportQuality),
    health: healthRouter(SERVICE, readiness),
    livekitWebhook: createLiveKitWebhook(engine, livekit),
  });
  const server = createPublicServer(app, logger);
  io.attach(server);
  noteRefusedUpgrades(io, server, noteRefusal);
  const farewell = createGracefulShutdown(server, io);
  const socketsOfUser = createSocketsOfUser(limitParts, rateLimits);
  const handlers = createClientEventHandlers(io, commands, limits, reportQuality, verifyToken);
  const syncQueue = createSyncQueue(store, background, logger);
  syncWhenRedisReturns(io, subscribe, syncQueue);
  const initiators = watchInitiators(io, engine);
  serveSockets(io, {
    syncQueue,
    initiators,
    background,
    logger,
    metrics,
    origins,
    noteRefusal,
    verifyToken,
    handlers,
    socketsOfUser,
    createAllowance: createSocketAllowances(rateLimits),
  });

  const internalApp = createInternalApp({
    service: SERVICE,
    logger,
    readiness,
    registry: metrics.registry,
    monitoring: createMonitoringReport(engine),
    router: createJoinGuard(store, logger, livekit),
  });
  const internal = await listen(internalApp, config.http.internalPort, config.http.host, logger);
  const open = await listen(server, config.http.port, config.http.host, logger);
  return {
    port: open.port,
    internalPort: internal.port,
    parts: [
      { name: 'clients', close: () => farewell(open) },
      { name: 'background', close: () => background.drained() },
      startRefreshingGauges(engine),
      ringOwnDevices(io, store, logger),
      initiators,
      socketsOfUser,
      ...(keys === null ? [] : [keys]),
      { name: 'internal port', close: () => internal.close() },
      { name: 'store', close: () => store.close() },
      { name: 'redis', close: () => Promise.all([closeRedis(publish), closeRedis(subscribe)]) },
    ],
  };
}
