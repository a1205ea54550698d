import { randomInt, randomUUID } from 'node:crypto';
import { closeRedis, connectRedis, type RedisClient } from '@ringline/platform';
import {
  appendSamples,
  QUALITY_STREAM,
  type ReportedSample,
  type SampleId,
} from '@ringline/quality';
import { createTestDatabase } from '@ringline/testing/postgres';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { type Service, startService } from '@ringline/testing/service';
import { ignore, silentLogger } from '@ringline/testing/silent-logger';
import { until } from '@ringline/testing/until';
import { Pool } from 'pg';

const MAX_STREAM_LENGTH = 1_000_000;

/** Real Postgres and Redis, ingester processes, and functions that append samples. */
export interface IngesterFixture {
  server: RedisServer;
  redis: RedisClient;
  startIngester(env?: Record<string, string>): Promise<Service>;
  /** Appends samples as the call service does. */
  append(samples: readonly SampleWithoutId[]): Promise<void>;
  /** Appends a sample with this arrival time. Times must increase. */
  appendAt(arrivedAt: number, sample: SampleWithoutId): Promise<string>;
  /** Reads the ids of a call's samples in Postgres. */
  readStoredIds(callId: string): Promise<string[]>;
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  /** Resolves when the stream is empty. */
  waitUntilDrained(): Promise<void>;
  stop(): Promise<void>;
}

/** A sample as release 0.1.0 appends it. */
type SampleWithoutId = Omit<ReportedSample, keyof SampleId>;

export function createSample(callId: string, more: Partial<SampleWithoutId> = {}): SampleWithoutId {
  return {
    callId,
    userId: 'ann',
    deviceId: null,
    at: new Date().toISOString(),
    direction: 'receive',
    jitterMs: 2,
    packetLossPercent: 0,
    roundTripMs: 40,
    ...more,
  };
}

export function createCallId(): string {
  return randomUUID();
}

export async function createIngesterFixture(databaseUrl?: string): Promise<IngesterFixture> {
  const [database, server] = await Promise.all([
    databaseUrl === undefined
      ? createTestDatabase()
      : { url: databaseUrl, drop: async () => undefined },
    startRedis(),
  ]);
  const redis = await connectRedis(server.url, { name: 'test', logger: silentLogger });
  const pool = new Pool({ connectionString: database.url, max: 2 });
  // Tests that kill Postgres also end these connections.
  pool.on('error', ignore);
  const query = async <Row>(sql: string, parameters: unknown[] = []) =>
    (await pool.query(sql, parameters)).rows as Row[];
  const ingesters: Service[] = [];
  const env = {
    NODE_ENV: 'development',
    LOG_LEVEL: 'debug',
    HOST: '127.0.0.1',
    DATABASE_URL: database.url,
    REDIS_URL: server.url,
  };
  return {
    server,
    redis,
    startIngester: async (more = {}) => {
      const ingester = await startService('quality-ingester', { ...env, ...more });
      ingesters.push(ingester);
      return ingester;
    },
    append: async (samples) => {
      const arrivedAt = Date.now();
      const first = randomInt(2 ** 46) * 128;
      const identified = samples.map((sample, index) => ({
        ...sample,
        arrivedAt,
        sequence: first + index,
      }));
      await appendSamples(redis, identified, MAX_STREAM_LENGTH);
    },
    appendAt: async (arrivedAt, sample) => {
      const id = `${arrivedAt}-0`;
      await redis.xadd(QUALITY_STREAM, id, 'sample', JSON.stringify(sample));
      return id;
    },
    readStoredIds: async (callId) => {
      const rows = await query<{ id: string }>(
        `SELECT (extract(epoch FROM arrived_at) * 1000)::bigint || '-' || sequence AS id
         FROM call_quality_metrics WHERE call_id = $1 ORDER BY arrived_at, sequence`,
        [callId],
      );
      return rows.map(({ id }) => id);
    },
    query,
    waitUntilDrained: async () => {
      await until(
        'the stream is drained',
        async () => (await redis.xlen(QUALITY_STREAM)) === 0,
        40_000,
      );
    },
    stop: async () => {
      await Promise.all(ingesters.map((ingester) => ingester.stop()));
      await closeRedis(redis);
      await pool.end();
      await server.stop();
      await database.drop();
    },
  };
}

/** Reads a metric of `/metrics`. Returns 0 if it is missing. */
export async function readMetric({ internalUrl }: Service, name: string): Promise<number> {
  const lines = (await (await fetch(`${internalUrl}/metrics`)).text()).split('\n');
  return Number(lines.find((line) => line.startsWith(`${name} `))?.split(' ')[1] ?? 0);
}
