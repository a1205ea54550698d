import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { startCallService } from '@ringline/call-service';
import { createLogger, createMetrics, loadConfig, type Metrics } from '@ringline/platform';
import { type LiveKitServer, startLiveKit } from '@ringline/testing/livekit';
import { freePort } from '@ringline/testing/ports';
import { createTestDatabase } from '@ringline/testing/postgres';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { Pool } from 'pg';

export interface Replica {
  url: string;
  internalUrl: string;
  metrics: Metrics;
  close(): Promise<void>;
}

/** Real Postgres, Redis and LiveKit, with call services in this very process. */
export interface Stack {
  /** The call services, the one that LiveKit reports to first. */
  replicas: [Replica, ...Replica[]];
  redis: RedisServer;
  livekit: LiveKitServer;
  database: Pool;
  databaseUrl: string;
  /** One more call service on the same database, with what is given here configured otherwise. */
  startReplica(env: Record<string, string>): Promise<Replica>;
  /** Signs the tokens of users. */
  secret: string;
  /** Moves the time of everything that the database decides. */
  moveTime(milliseconds: number): Promise<void>;
  /** All rows that a command may write, to see whether one did. */
  contents(): Promise<unknown>;
  /** All that was logged, at the most talkative level. */
  log(): string;
  close(): Promise<void>;
}

export interface StackOptions {
  replicas?: number;
  env?: Record<string, string>;
  /** LiveKit's own, real webhooks disturb tests that write some themselves. */
  webhooks?: boolean;
}

/** Not the outbox: it is cleared a moment after each answer. */
const TABLES = [
  'calls',
  'call_participants',
  'call_invitations',
  'call_events',
  'idempotency_keys',
  'livekit_reports',
];

const contentsOf = async (database: Pool): Promise<unknown> => {
  const rows = TABLES.map(
    (table) => `'${table}', (SELECT json_agg(${table} ORDER BY ${table}::text) FROM ${table})`,
  );
  const answer = await database.query(`SELECT json_build_object(${rows.join(', ')}) AS contents`);
  return answer.rows[0].contents;
};

const startReplica = async (env: Record<string, string>, log: Writable): Promise<Replica> => {
  const config = loadConfig('call-service', env);
  const logger = createLogger({
    service: 'call-service',
    level: 'debug',
    production: true,
    destination: log,
  });
  const metrics = createMetrics();
  let draining = false;
  const running = await startCallService({ config, logger, metrics, draining: () => draining });
  return {
    url: `http://127.0.0.1:${running.port}`,
    internalUrl: `http://127.0.0.1:${running.internalPort}`,
    metrics,
    close: async () => {
      if (draining) return;
      draining = true;
      for (const part of running.parts) await part.close();
    },
  };
};

export const startStack = async (options: StackOptions = {}): Promise<Stack> => {
  const port = await freePort();
  const [test, redis] = await Promise.all([createTestDatabase(), startRedis()]);
  const livekit = await startLiveKit({
    redisUrl: redis.url,
    ...(options.webhooks && { webhookUrl: `http://127.0.0.1:${port}/webhooks/livekit` }),
  });
  const secret = randomBytes(32).toString('base64url');
  const lines: string[] = [];
  const log = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const replicas: Replica[] = [];
  const start = async (env: Record<string, string>) => {
    const replica = await startReplica(
      {
        HOST: '127.0.0.1',
        PORT: String(await freePort()),
        INTERNAL_PORT: String(await freePort()),
        DATABASE_URL: test.url,
        REDIS_URL: redis.url,
        LIVEKIT_URL: livekit.url,
        LIVEKIT_PUBLIC_URL: livekit.publicUrl,
        LIVEKIT_API_KEY: livekit.apiKey,
        LIVEKIT_API_SECRET: livekit.apiSecret,
        AUTH_JWT_SECRET: secret,
        // In many tests the same two people call each other over and over again.
        RATE_LIMIT_PAIR_UNANSWERED_RINGS: '0',
        ...options.env,
        ...env,
      },
      log,
    );
    replicas.push(replica);
    return replica;
  };
  const first = await start({ PORT: String(port) });
  for (let more = 1; more < (options.replicas ?? 1); more += 1) await start({});
  const database = new Pool({ connectionString: test.url, max: 2 });
  return {
    replicas: [first, ...replicas.slice(1)],
    startReplica: start,
    redis,
    livekit,
    database,
    databaseUrl: test.url,
    secret,
    moveTime: async (milliseconds) => {
      await database.query(
        `INSERT INTO clock_offset (milliseconds) VALUES ($1) ON CONFLICT (the_only_row)
         DO UPDATE SET milliseconds = clock_offset.milliseconds + $1`,
        [milliseconds],
      );
    },
    contents: () => contentsOf(database),
    log: () => lines.join(''),
    close: async () => {
      await Promise.all(replicas.map((replica) => replica.close()));
      await database.end();
      await livekit.stop();
      await Promise.all([redis.stop(), test.drop()]);
    },
  };
};
