import { randomBytes } from 'node:crypto';
import { type LiveKitServer, startLiveKit } from '@ringline/testing/livekit';
import { freePort } from '@ringline/testing/ports';
import { createTestDatabase, type TestDatabase } from '@ringline/testing/postgres';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { type Service, startService } from '@ringline/testing/service';
import { startWebApp, type WebApp } from './web-app.ts';

export interface StackOptions {
  /** How many call services; LiveKit reports to the first. */
  readonly replicas?: number;
  /** Whether the example host app runs as well; it talks to the first call service. */
  readonly web?: boolean;
  readonly env?: Record<string, string>;
}

/** All of Ringline, each process on its own, as `npm start` runs it. */
export interface Stack {
  readonly database: TestDatabase;
  readonly redis: RedisServer;
  readonly livekit: LiveKitServer;
  readonly callService: Service;
  /** The other replicas. */
  readonly replicas: readonly Service[];
  readonly worker: Service;
  readonly web: WebApp | null;
  /** Signs the users' tokens. */
  readonly secret: string;
  /** What the processes were configured by. */
  readonly env: Readonly<Record<string, string>>;
  /** All that our processes printed. */
  output(): string;
  stop(): Promise<void>;
}

const AUDIENCE = 'ringline-e2e';

export async function startStack({ replicas = 1, web = false, env: more = {} }: StackOptions = {}) {
  const [port, webPort] = [await freePort(), await freePort()];
  const [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
  const livekit = await startLiveKit({
    redisUrl: redis.url,
    webhookUrl: `http://127.0.0.1:${port}/webhooks/livekit`,
  });
  const secret = randomBytes(32).toString('base64url');
  const env = {
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    LIVEKIT_URL: livekit.url,
    LIVEKIT_PUBLIC_URL: livekit.publicUrl,
    LIVEKIT_API_KEY: livekit.apiKey,
    LIVEKIT_API_SECRET: livekit.apiSecret,
    AUTH_JWT_SECRET: secret,
    AUTH_JWT_AUDIENCE: AUDIENCE,
    CORS_ORIGINS: `http://127.0.0.1:${webPort}`,
    RATE_LIMIT_PAIR_UNANSWERED_RINGS: '0', // the same two people call each other all the time
    ...more,
  };
  const [worker, callService, ...others] = await Promise.all([
    startService('cleanup-worker', env),
    startService('call-service', { ...env, PORT: String(port) }),
    ...Array.from({ length: replicas - 1 }, () => startService('call-service', env)),
  ]);
  const webApp = web
    ? await startWebApp({ port: webPort, ringlineUrl: callService.url, env })
    : null;
  const ours = [callService, ...others, worker];
  return {
    database,
    redis,
    livekit,
    callService,
    replicas: others,
    worker,
    web: webApp,
    secret,
    env,
    output: () => [...ours, ...(webApp ? [webApp] : [])].map((one) => one.output()).join('\n'),
    stop: async () => {
      await Promise.all([webApp?.stop(), ...ours.map((service) => service.stop())]);
      await Promise.all([livekit.stop(), database.drop()]);
      await redis.stop();
    },
  } satisfies Stack;
}
