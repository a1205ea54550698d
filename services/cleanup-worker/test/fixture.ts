import { createBackgroundTasks, createLiveKit, type Engine } from '@ringline/engine';
import { createMetrics } from '@ringline/platform';
import { createQualityStore, type QualityStore } from '@ringline/quality';
import { createStore, type OutboxMessage, openDatabase } from '@ringline/store';
import { type LiveKitServer, startLiveKit } from '@ringline/testing/livekit';
import { createTestDatabase } from '@ringline/testing/postgres';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { type Service, startService } from '@ringline/testing/service';
import { ignore, silentLogger } from '@ringline/testing/silent-logger';
import { moveTime } from '@ringline/testing/time';
import { Pool } from 'pg';
import { openDevices, type TestDevices } from './devices.ts';

/** Real Postgres, Redis and LiveKit, and worker processes, but no call service. */
export interface WorkerFixture {
  databaseUrl: string;
  livekit: LiveKitServer;
  redis: RedisServer;
  store: Engine['store'];
  quality: QualityStore;
  /**
   * Decides like a call service, but publishes nothing. Devices receive messages from workers only.
   */
  engine: Engine;
  /** Decides and commits, then fails instead of publishing. */
  crashingEngine: Engine;
  /** Starts a worker process. */
  startWorker(env?: Record<string, string>): Promise<Service>;
  devices: TestDevices;
  moveTime(milliseconds: number): Promise<void>;
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  stop(): Promise<void>;
}

function failToPublish(_messages: readonly OutboxMessage[]): Promise<void> {
  throw new Error('crashed before publishing');
}

export interface FixtureOptions {
  databaseUrl?: string;
  /** The LiveKit of another fixture. By default the fixture starts its own. */
  livekit?: LiveKitServer;
}

export async function createWorkerFixture({
  databaseUrl,
  livekit: shared,
}: FixtureOptions = {}): Promise<WorkerFixture> {
  const [database, redis] = await Promise.all([
    databaseUrl === undefined
      ? createTestDatabase()
      : { url: databaseUrl, drop: async () => undefined },
    startRedis(),
  ]);
  const livekit = shared ?? (await startLiveKit({ redisUrl: redis.url }));
  const devices = await openDevices(redis.url);
  const pool = new Pool({ connectionString: database.url, max: 2 });
  // Tests that kill Postgres also end these connections.
  pool.on('error', ignore);
  const connections = openDatabase({ url: database.url, poolSize: 10, logger: silentLogger });
  const store = createStore(connections);
  const metrics = createMetrics();
  const engine: Engine = {
    store,
    media: createLiveKit(livekit, metrics),
    publisher: { publish: async () => undefined, reachesAll: () => true },
    backgroundTasks: createBackgroundTasks(silentLogger),
    logger: silentLogger,
    metrics,
  };
  const workers: Service[] = [];
  const env = {
    NODE_ENV: 'development',
    LOG_LEVEL: 'debug',
    HOST: '127.0.0.1',
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    LIVEKIT_URL: livekit.url,
    LIVEKIT_API_KEY: livekit.apiKey,
    LIVEKIT_API_SECRET: livekit.apiSecret,
  };

  return {
    databaseUrl: database.url,
    livekit,
    redis,
    store,
    quality: createQualityStore(connections),
    engine,
    crashingEngine: { ...engine, publisher: { publish: failToPublish, reachesAll: () => true } },
    devices,
    startWorker: async (more = {}) => {
      const worker = await startService('cleanup-worker', { ...env, ...more });
      workers.push(worker);
      return worker;
    },
    moveTime: (milliseconds) => moveTime(database.url, milliseconds),
    query: async <Row>(sql: string, parameters: unknown[] = []) =>
      (await pool.query(sql, parameters)).rows as Row[],
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await devices.close();
      await engine.backgroundTasks.drained();
      await store.close();
      await pool.end();
      if (shared === undefined) await livekit.stop();
      await redis.stop();
      await database.drop();
    },
  };
}
