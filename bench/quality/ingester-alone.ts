import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { closeRedis, connectRedis, createLogger, type RedisClient } from '@ringline/platform';
import { appendSamples, QUALITY_STREAM } from '@ringline/quality';
import { startPostgres } from '@ringline/testing/postgres';
import { startRedis } from '@ringline/testing/redis';
import type { Server } from '@ringline/testing/server';
import { startService } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { type Benchmark, perSecond } from '../benchmark.ts';
import { readCpuSeconds } from '../cpu.ts';
import { ordinarySample, type Party, partiesOf } from './workload.ts';

const CALLS = 1500;
const ROUNDS = 5;
const SAMPLES = 100_000;
/** As many as an ingester's batch holds. */
const BATCH = 1000;

async function fill(redis: RedisClient, parties: readonly Party[]): Promise<void> {
  for (let done = 0; done < SAMPLES; done += BATCH) {
    const samples = Array.from({ length: BATCH }, (_, index) => ({
      ...ordinarySample(),
      deviceId: null,
      arrivedAt: Date.now(),
      // As random as those of the call service, which costs the table's index more than counting up would.
      sequence: randomInt(2 ** 46) * 128,
      ...(parties[(done + index) % parties.length] ?? { callId: '', userId: '' }),
    }));
    await appendSamples(redis, samples, SAMPLES);
  }
}

/** Lets the ingester store what waits, all of which is there when it begins; returns how long that took. */
async function ingest(
  ingester: Server,
  redis: RedisClient,
  parties: readonly Party[],
): Promise<number> {
  process.kill(ingester.pid(), 'SIGSTOP');
  await fill(redis, parties);
  const started = performance.now();
  process.kill(ingester.pid(), 'SIGCONT');
  await until('all are stored', async () => (await redis.xlen(QUALITY_STREAM)) === 0, 60_000);
  return performance.now() - started;
}

/** The rows that were stored, in the order of their keys, as COPY writes them. */
async function rowsOf(database: Client): Promise<string[]> {
  const rows = 'SELECT * FROM call_quality_metrics ORDER BY arrived_at, sequence';
  const chunks: Buffer[] = [];
  for await (const chunk of database.query(copyTo(`COPY (${rows}) TO STDOUT`))) chunks.push(chunk);
  return Buffer.concat(chunks).toString().trimEnd().split('\n');
}

/** Copies rows into the emptied table, so many in each transaction; returns how long that took. */
async function copy(database: Client, rows: readonly string[], atOnce: number): Promise<number> {
  const batches = Array.from({ length: Math.ceil(rows.length / atOnce) }, (_, index) =>
    Buffer.from(`${rows.slice(index * atOnce, (index + 1) * atOnce).join('\n')}\n`),
  );
  await database.query('TRUNCATE call_quality_metrics');
  const started = performance.now();
  for (const batch of batches) {
    const stream = database.query(copyFrom('COPY call_quality_metrics FROM STDIN'));
    stream.end(batch);
    await once(stream, 'finish');
  }
  const took = performance.now() - started;
  await database.query('TRUNCATE call_quality_metrics');
  return took;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

export const ingesterAlone: Benchmark = {
  name: 'quality-ingester',
  of:
    `${SAMPLES} samples of ${CALLS} calls wait in the stream, and one ingester stores them; then COPY stores the ` +
    `same rows in the same table; medians of ${ROUNDS} rounds`,
  run: async (say) => {
    const [postgres, redis] = await Promise.all([startPostgres({ durable: true }), startRedis()]);
    const logger = createLogger({ service: 'bench', level: 'error', production: false });
    const client = await connectRedis(redis.url, { name: 'bench', logger });
    const database = new Client({ connectionString: postgres.url });
    await database.connect();
    const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, HOST: '127.0.0.1' };
    const ingester = await startService('quality-ingester', env);
    const parties = partiesOf(CALLS);
    // The first round makes the partition, and everything warm.
    await ingest(ingester, client, parties);

    const servers = [ingester, postgres, redis];
    const cpu = servers.map(() => 0);
    const took: { ingested: number; inBatches: number; atOnce: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await database.query('TRUNCATE call_quality_metrics');
      const before = servers.map((server) => readCpuSeconds(server.pid()));
      const ingested = await ingest(ingester, client, parties);
      servers.forEach((server, index) => {
        cpu[index] = (cpu[index] ?? 0) + readCpuSeconds(server.pid()) - (before[index] ?? 0);
      });
      const rows = await rowsOf(database);
      const inBatches = await copy(database, rows, BATCH);
      took.push({ ingested, inBatches, atOnce: await copy(database, rows, SAMPLES) });
    }
    await ingester.stop();

    const rate = (of: 'ingested' | 'inBatches' | 'atOnce') =>
      perSecond(SAMPLES, median(took.map((one) => one[of])));
    const ratio = (to: 'inBatches' | 'atOnce') =>
      median(took.map((one) => one[to] / one.ingested)).toFixed(2);
    const per1000 = cpu.map((seconds) => ((seconds / ROUNDS / SAMPLES) * 1e6).toFixed(1));
    say(`ingester                 ${rate('ingested')} rows/s`);
    say(`COPY, in as many batches ${rate('inBatches')} rows/s; ratio ${ratio('inBatches')}`);
    say(`COPY, all rows at once   ${rate('atOnce')} rows/s; ratio ${ratio('atOnce')}`);
    say(
      `CPU of 1000 samples: ingester ${per1000[0]} ms, Postgres ${per1000[1]} ms, ` +
        `Redis ${per1000[2]} ms (with filling)`,
    );

    await database.end();
    await closeRedis(client);
    await Promise.all([postgres.stop(), redis.stop()]);
  },
};
