import { randomBytes } from 'node:crypto';
import { type LiveKitServer, startLiveKit } from '@ringline/testing/livekit';
import { createTestDatabase } from '@ringline/testing/postgres';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { moveTime } from '@ringline/testing/time';
import { Pool } from 'pg';

/** Real Postgres, Redis and LiveKit for call services. */
export interface Servers {
  redis: RedisServer;
  livekit: LiveKitServer;
  database: Pool;
  databaseUrl: string;
  /** Signs the tokens of users. */
  secret: string;
  /**
   * Users whose devices were closed. A moment later the service updates the calls that they left
   * ringing.
   */
  forgotten: Set<string>;
  /** The environment of a call service that uses these servers. */
  env: Record<string, string>;
  /** Moves the database's clock, by which all deadlines expire. */
  moveTime(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** A call service in this process or in another one. */
export interface CallService {
  url: string;
  internalUrl: string;
}

/** All call services with their servers, as users need them to call each other. */
export interface Place extends Servers {
  replicas: readonly [CallService, ...CallService[]];
}

/** LiveKit must know the address for its webhooks from its start on. */
export async function startServers(webhookUrl?: string): Promise<Servers> {
  const [test, redis] = await Promise.all([createTestDatabase(), startRedis()]);
  const livekit = await startLiveKit({ redisUrl: redis.url, ...(webhookUrl && { webhookUrl }) });
  const secret = randomBytes(32).toString('base64url');
  const database = new Pool({ connectionString: test.url, max: 2 });
  return {
    redis,
    livekit,
    database,
    databaseUrl: test.url,
    secret,
    forgotten: new Set(),
    env: {
      HOST: '127.0.0.1',
      DATABASE_URL: test.url,
      REDIS_URL: redis.url,
      LIVEKIT_URL: livekit.url,
      LIVEKIT_PUBLIC_URL: livekit.publicUrl,
      LIVEKIT_API_KEY: livekit.apiKey,
      LIVEKIT_API_SECRET: livekit.apiSecret,
      AUTH_JWT_SECRET: secret,
      // In many tests the same two users call each other over and over again.
      RATE_LIMIT_PAIR_UNANSWERED_RINGS: '0',
    },
    moveTime: (milliseconds) => moveTime(test.url, milliseconds),
    stop: async () => {
      await database.end();
      await livekit.stop();
      await Promise.all([redis.stop(), test.drop()]);
    },
  };
}
