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
import { type Ears, openEars } from './ears.ts';

/** Real Postgres, Redis and LiveKit, worker processes on them, and no call service at all. */
export interface Stage {
  databaseUrl: string;
  livekit: LiveKitServer;
  redis: RedisServer;
  store: Engine['store'];
  quality: QualityStore;
  /** Decides as a call service would, and tells nobody: all that is heard comes from a worker. */
  engine: Engine;
  /** Decides, commits, and dies before it publishes. */
  dying: Engine;
  /** A process of its own. */
  startWorker(env?: Record<string, string>): Promise<Service>;
  /** What the devices of users hear. */
  ears: Ears;
  pass(milliseconds: number): Promise<void>;
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  clear(): Promise<void>;
}

function dies(_messages: readonly OutboxMessage[]): Promise<void> {
  throw new Error('died before it published');
}

export interface StageOptions {
  databaseUrl?: string;
  /** Of another stage; by default it starts its own. */
  livekit?: LiveKitServer;
}

export async function setStage({
  databaseUrl,
  livekit: shared,
}: StageOptions = {}): Promise<Stage> {
  const [database, redis] = await Promise.all([
    databaseUrl === undefined
      ? createTestDatabase()
      : { url: databaseUrl, drop: async () => undefined },
    startRedis(),
  ]);
  const livekit = shared ?? (await startLiveKit({ redisUrl: redis.url }));
  const ears = await openEars(redis.url);
  const pool = new Pool({ connectionString: database.url, max: 2 });
  // Tests that break Postgres break these connections too.
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
    dying: { ...engine, publisher: { publish: dies, reachesAll: () => true } },
    ears,
    startWorker: async (more = {}) => {
      const worker = await startService('cleanup-worker', { ...env, ...more });
      workers.push(worker);
      return worker;
    },
    pass: (milliseconds) => moveTime(database.url, milliseconds),
    query: async <Row>(sql: string, parameters: unknown[] = []) =>
      (await pool.query(sql, parameters)).rows as Row[],
    clear: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await ears.close();
      await engine.backgroundTasks.drained();
      await store.close();
      await pool.end();
      if (shared === undefined) await livekit.stop();
      await redis.stop();
      await database.drop();
    },
  };
}
