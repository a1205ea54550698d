import { setTimeout as sleep } from 'node:timers/promises';
import { type PostgresServer, startPostgres } from '@ringline/testing/postgres';
import { startRedis } from '@ringline/testing/redis';
import type { Server } from '@ringline/testing/server';
import { until } from '@ringline/testing/until';
import { Client } from 'pg';
import type { Benchmark } from './benchmark.ts';
import { readCpuSeconds } from './cpu.ts';
import { pgBoss } from './deadlines/by-pg-boss.ts';
import { ringline } from './deadlines/by-ringline.ts';
import type { Contender } from './deadlines/contender.ts';
import { type Lateness, measureLateness, toLine } from './deadlines/lateness.ts';

/** A first round compiles the code and opens the connections. */
const WARM_UP = { count: 1000, inSeconds: 2 };
const LOAD = { count: 10_000, inSeconds: 8 };
const GIVE_UP_MS = 60_000;

/** Postgres tells when each row was committed: one clock for both contenders. */
async function startTimingPostgres(): Promise<PostgresServer> {
  const postgres = await startPostgres({ durable: true });
  const database = new Client({ connectionString: postgres.url });
  await database.connect();
  await database.query('ALTER SYSTEM SET track_commit_timestamp = on');
  await database.end();
  await postgres.restart();
  return postgres;
}

function readCpu(servers: readonly Server[]): number {
  return servers.reduce((sum, server) => sum + readCpuSeconds(server.pid()), 0);
}

async function measure(
  contender: Contender,
  postgres: Server,
): Promise<{ lateness: Lateness; cpu: string }> {
  const { workers, begin, left, decided } = contender;
  const allDecided = () =>
    until('all calls are decided', async () => (await left()) === 0, GIVE_UP_MS);
  await begin(WARM_UP);
  await allDecided();
  const first = await begin(LOAD);
  const early = first.getTime() - Date.now();
  if (early < 0) throw new Error('some calls were due before all were created');
  await sleep(early);
  const before = { workers: readCpu(workers), postgres: readCpu([postgres]) };
  await allDecided();
  const took = (now: number, then: number) => `${(now - then).toFixed(1)} s`;
  const cpu =
    `CPU of both workers ${took(readCpu(workers), before.workers)}, ` +
    `of Postgres ${took(readCpu([postgres]), before.postgres)}`;
  const lateness = measureLateness(await decided(first));
  await Promise.all(workers.map((worker) => worker.stop()));
  return { lateness, cpu };
}

export const deadlines: Benchmark = {
  name: 'deadlines',
  of:
    `${LOAD.count} rings whose time is over within one second, decided by two workers; then as many timeouts ` +
    'by two workers of pg-boss, on the same Postgres. Late: from the deadline to the commit',
  run: async (say) => {
    const [postgres, redis] = await Promise.all([startTimingPostgres(), startRedis()]);
    const database = new Client({ connectionString: postgres.url });
    await database.connect();
    const ours = await measure(await ringline(postgres.url, redis.url, database), postgres);
    say(`Ringline  ${toLine(ours.lateness)}`);
    say(`          ${ours.cpu}`);
    const theirs = await measure(await pgBoss(postgres.url, database), postgres);
    say(`pg-boss   ${toLine(theirs.lateness)}`);
    say(`          ${theirs.cpu}`);
    const ratio = (of: 'p50' | 'p99' | 'took') =>
      (ours.lateness[of] / theirs.lateness[of]).toFixed(1);
    say(`Ringline/pg-boss: p50 ${ratio('p50')}, p99 ${ratio('p99')}, time taken ${ratio('took')}`);
    say(
      'Ringline decides the whole call: seven rows in five tables, five messages by Redis, a room to',
    );
    say(
      'be closed. pg-boss takes a job, updates one row and completes the job, in one transaction.',
    );
    await database.end();
    await Promise.all([postgres.stop(), redis.stop()]);
  },
};
