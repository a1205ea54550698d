import { randomUUID } from 'node:crypto';
import type { Engine } from '@ringline/engine';
import {
  type ConfigOf,
  type Job,
  type Metrics,
  type RedisClient,
  type Resource,
  runRepeatedly,
} from '@ringline/platform';
import type { QualityStore } from '@ringline/quality';
import { createLease } from '../lease.ts';
import { deadlines } from './deadlines.ts';
import { gauges } from './gauges.ts';
import { quality } from './quality.ts';
import { RECONCILER_LEASE_SECONDS, reconciliation } from './reconciliation.ts';
import { redelivery } from './redelivery.ts';
import { RETENTION_LEASE_SECONDS, retention } from './retention.ts';

function countFailures(job: Job, { jobFailures }: Metrics): Job {
  return {
    ...job,
    run: async (stopping) => {
      try {
        return await job.run(stopping);
      } catch (error) {
        jobFailures.inc({ duty: job.name });
        throw error;
      }
    },
  };
}

interface JobParts {
  engine: Engine;
  redis: RedisClient;
  quality: QualityStore;
}

/** Starts every job of this worker. Returns the jobs and their leases in closing order. */
export function startJobs(
  { engine, redis, quality: qualityStore }: JobParts,
  { retention: periods }: Pick<ConfigOf<'cleanup-worker'>, 'retention'>,
): Resource[] {
  const { store, publisher, logger, metrics } = engine;
  const owner = randomUUID();
  const createOwnLease = (name: string, seconds: number) =>
    createLease(store, { name, owner, seconds });
  const reconcilerLease = createOwnLease('reconciliation', RECONCILER_LEASE_SECONDS);
  const retentionLease = createOwnLease('retention', RETENTION_LEASE_SECONDS);
  const start = (job: Job) => runRepeatedly(countFailures(job, metrics), logger);

  const resending = start(redelivery({ store, publisher }));
  const others = [
    deadlines(engine),
    reconciliation(engine, reconcilerLease),
    retention({ store, lease: retentionLease, logger }, periods),
    quality({ quality: qualityStore, logger }, periods),
    gauges(engine),
  ].map(start);
  // Entries that waited for Redis are already late.
  redis.on('ready', () => resending.wake());

  return [
    { name: 'jobs', close: () => Promise.all([resending, ...others].map((job) => job.close())) },
    {
      name: 'leases',
      close: () => Promise.all([reconcilerLease.release(), retentionLease.release()]),
    },
  ];
}
