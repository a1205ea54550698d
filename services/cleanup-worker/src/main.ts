import { randomUUID } from 'node:crypto';
import {
  createBackground,
  createLiveKit,
  createPublisher,
  type EngineParts,
} from '@ringline/engine';
import {
  closeRedis,
  connectRedis,
  createInternalApp,
  createReadiness,
  listen,
  runService,
} from '@ringline/platform';
import { createStore } from '@ringline/store';
import { deadlines } from './duties/deadlines.ts';
import { gauges } from './duties/gauges.ts';
import { RECONCILER_LEASE_SECONDS, reconciliation } from './duties/reconciliation.ts';
import { redelivery } from './duties/redelivery.ts';
import { RETENTION_LEASE_SECONDS, retention } from './duties/retention.ts';
import { rings } from './duties/rings.ts';
import { createLease } from './lease.ts';
import { monitoringOf } from './monitoring.ts';
import { repeat } from './repeat.ts';
import { createClientlessServer } from './socket-server.ts';

const SERVICE = 'cleanup-worker';

await runService(SERVICE, async ({ config, logger, metrics, draining }) => {
  const redis = await connectRedis(config.redis.url, { name: SERVICE, logger });
  const store = createStore({ ...config.database, logger });
  const media = createLiveKit(config.livekit, metrics);
  const background = createBackground(logger);
  const publisher = createPublisher(createClientlessServer(redis), () => redis.status === 'ready');
  const parts: EngineParts = { store, media, publisher, background, logger, metrics };

  const holder = randomUUID();
  const reconcilerLease = createLease(store, {
    name: 'reconciliation',
    holder,
    seconds: RECONCILER_LEASE_SECONDS,
  });
  const retentionLease = createLease(store, {
    name: 'retention',
    holder,
    seconds: RETENTION_LEASE_SECONDS,
  });
  const sending = [
    redelivery({ store, publisher, flushed: () => redis.ping() }),
    rings({ store, publisher }),
  ].map((duty) => repeat(duty, parts));
  const others = [
    deadlines(parts),
    reconciliation(parts, reconcilerLease),
    retention({ store, lease: retentionLease, logger }, config.retention),
    gauges({ store, metrics }),
  ].map((duty) => repeat(duty, parts));
  // What was held back while Redis was away is already late.
  redis.on('ready', () => {
    for (const duty of sending) duty.wake();
  });

  const readiness = createReadiness({
    service: SERVICE,
    draining,
    checks: {
      postgres: { check: () => store.ping(), required: true },
      redis: { check: () => redis.ping(), required: false },
      livekit: { check: () => media.ping(), required: false },
    },
  });
  const internal = await listen(
    createInternalApp({
      service: SERVICE,
      readiness,
      logger,
      registry: metrics.registry,
      monitoring: monitoringOf(parts),
    }),
    config.http.internalPort,
    config.http.host,
  );

  return [
    {
      name: 'duties',
      close: () => Promise.all([...sending, ...others].map((duty) => duty.stop())),
    },
    {
      name: 'leases',
      close: () => Promise.all([reconcilerLease.release(), retentionLease.release()]),
    },
    { name: 'background', close: () => background.drained() },
    { name: 'internal HTTP', close: () => internal.close() },
    { name: 'redis', close: () => closeRedis(redis) },
    { name: 'store', close: () => store.close() },
  ];
});
