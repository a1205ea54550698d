import { once } from 'node:events';
import { appendToQualityStream, QUALITY_STREAM } from '@ringline/engine';
import { closeRedis, connectRedis, createLogger, type RedisClient } from '@ringline/platform';
import { startPostgres } from '@ringline/testing/postgres';
import { startRedis } from '@ringline/testing/redis';
import { startService } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { type Benchmark, perSecond } from '../benchmark.ts';
import { cpuSecondsOf } from '../cpu.ts';
import { ordinarySample, partiesOf } from './workload.ts';

const CALLS = 1500;
const SAMPLES = 100_000;
/** As many as an ingester's batch holds. */
const BATCH = 1000;

const fill = async (redis: RedisClient): Promise<void> => {
  const parties = partiesOf(CALLS);
  for (let done = 0; done < SAMPLES; done += BATCH) {
    const samples = Array.from({ length: BATCH }, (_, index) => ({
      ...ordinarySample(),
      ...(parties[(done + index) % parties.length] ?? { callId: '', userId: '' }),
    }));
    await appendToQualityStream(redis, samples, SAMPLES);
  }
};

/** The rows that were stored, in the order of their keys, as COPY writes them. */
const rowsOf = async (database: Client): Promise<string[]> => {
  const rows = 'SELECT * FROM call_quality_metrics ORDER BY arrived_at, sequence';
  const chunks: Buffer[] = [];
  for await (const chunk of database.query(copyTo(`COPY (${rows}) TO STDOUT`))) chunks.push(chunk);
  return Buffer.concat(chunks).toString().trimEnd().split('\n');
};

/** Copies rows into the emptied table, so many in each transaction; returns how long that took. */
const copy = async (database: Client, rows: readonly string[], atOnce: number): Promise<number> => {
  const batches = Array.from({ length: Math.ceil(rows.length / atOnce) }, (_, index) =>
    Buffer.from(`${rows.slice(index * atOnce, (index + 1) * atOnce).join('\n')}\n`),
  );
  await database.query('TRUNCATE call_quality_metrics');
  await database.query('CHECKPOINT');
  const started = performance.now();
  for (const batch of batches) {
    const stream = database.query(copyFrom('COPY call_quality_metrics FROM STDIN'));
    stream.end(batch);
    await once(stream, 'finish');
  }
  return performance.now() - started;
};

export const ingesterAlone: Benchmark = {
  name: 'quality-ingester',
  of:
    `${SAMPLES} samples of ${CALLS} calls wait in the stream, and one ingester stores them; ` +
    `then COPY stores the same rows in the same table, in as many transactions`,
  run: async (say) => {
    const [postgres, redis] = await Promise.all([startPostgres({ durable: true }), startRedis()]);
    const logger = createLogger({ service: 'bench', level: 'error', production: false });
    const client = await connectRedis(redis.url, { name: 'bench', logger });
    const database = new Client({ connectionString: postgres.url });
    await database.connect();
    await database.query('SELECT make_quality_partition(current_date + generate_series(-1, 1))');
    await fill(client);

    const env = {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      HOST: '127.0.0.1',
      ...(process.env.INGESTER_OPTIONS && { NODE_OPTIONS: process.env.INGESTER_OPTIONS }),
    };
    const ingester = await startService('quality-ingester', env);
    const waiting = () => client.xlen(QUALITY_STREAM);
    // How long the process takes to start, and to get warm, is not what is measured.
    await until('some are stored', async () => (await waiting()) <= SAMPLES * 0.8);
    const samples = await waiting();
    const servers = [ingester, postgres, redis];
    const before = servers.map((server) => cpuSecondsOf(server.pid()));
    const started = performance.now();
    await until('all are stored', async () => (await waiting()) === 0, 50_000);
    const ingested = perSecond(samples, performance.now() - started);
    const cpu = servers.map(
      (server, index) => ((cpuSecondsOf(server.pid()) - (before[index] ?? 0)) / samples) * 1e6,
    );
    await ingester.stop();

    const rows = await rowsOf(database);
    const inBatches = perSecond(SAMPLES, await copy(database, rows, BATCH));
    const atOnce = perSecond(SAMPLES, await copy(database, rows, SAMPLES));
    say(`ingester                    ${ingested} rows/s`);
    say(
      `COPY, ${BATCH} rows at a time  ${inBatches} rows/s; ratio ${(ingested / inBatches).toFixed(2)}`,
    );
    say(`COPY, all rows at once      ${atOnce} rows/s; ratio ${(ingested / atOnce).toFixed(2)}`);
    say(
      `CPU of 1000 samples: ingester ${cpu[0]?.toFixed(1)} ms, Postgres ${cpu[1]?.toFixed(1)} ms, ` +
        `Redis ${cpu[2]?.toFixed(1)} ms`,
    );

    await database.end();
    await closeRedis(client);
    await Promise.all([postgres.stop(), redis.stop()]);
  },
};
