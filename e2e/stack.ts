import { randomBytes } from 'node:crypto';
import { type OnStarted, startAllOrNothing, startTogether } from '@ringline/testing/all-or-nothing';
import { type LiveKitServer, startLiveKit } from '@ringline/testing/livekit';
import { freePort } from '@ringline/testing/ports';
import { createTestDatabase, type TestDatabase } from '@ringline/testing/postgres';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { type Service, startService } from '@ringline/testing/service';
import { startWebApp, type WebApp } from '@ringline/testing/web-app';

export interface StackOptions {
  /** How many call services. LiveKit's webhooks go to the first. */
  readonly replicas?: number;
  /** Whether to start the example host app, on the first call service. */
  readonly web?: boolean;
  /** The address at which clients reach all of it; by default loopback. */
  readonly address?: string;
  readonly env?: Record<string, string>;
  /** Whether LiveKit has its own Redis, as it should in production. */
  readonly twoRedis?: boolean;
  /** Resolves to the URL of the database for our processes; by default its own URL. */
  readonly reachDatabase?: (databaseUrl: string) => Promise<string>;
  /** The folder of the release to run; by default this one. */
  readonly root?: string;
}

/** All of Ringline as separate processes, as `npm start` runs it. */
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
  /** The environment of the processes. */
  readonly env: Readonly<Record<string, string>>;
  /** Everything that our processes have printed. */
  output(): string;
  stop(): Promise<void>;
}

const AUDIENCE = 'ringline-e2e';

export function startStack(options: StackOptions = {}): Promise<Stack> {
  return startAllOrNothing((onStarted) => startParts(options, onStarted));
}

async function startParts(
  options: StackOptions,
  onStarted: OnStarted,
): Promise<Omit<Stack, 'stop'>> {
  const {
    replicas = 1,
    web = false,
    address = '127.0.0.1',
    env: more = {},
    reachDatabase = async (databaseUrl) => databaseUrl,
    root,
  } = options;
  const [port, webPort] = [await freePort(), await freePort()];
  const database = await createTestDatabase();
  onStarted(database.drop);
  const redis = await startRedis();
  onStarted(redis.stop);
  const livekitRedis = options.twoRedis ? await startRedis() : redis;
  if (livekitRedis !== redis) onStarted(livekitRedis.stop);
  const livekit = await startLiveKit({
    redisUrl: livekitRedis.url,
    webhookUrl: `http://127.0.0.1:${port}/webhooks/livekit`,
    address,
  });
  onStarted(livekit.stop);
  const secret = randomBytes(32).toString('base64url');
  const env = {
    NODE_ENV: 'development',
    HOST: address === '127.0.0.1' ? address : '0.0.0.0',
    DATABASE_URL: await reachDatabase(database.url),
    REDIS_URL: redis.url,
    LIVEKIT_URL: livekit.url,
    LIVEKIT_PUBLIC_URL: livekit.publicUrl,
    LIVEKIT_API_KEY: livekit.apiKey,
    LIVEKIT_API_SECRET: livekit.apiSecret,
    AUTH_JWT_SECRET: secret,
    AUTH_JWT_AUDIENCE: AUDIENCE,
    CORS_ORIGINS: `http://${address}:${webPort}`,
    RATE_LIMIT_PAIR_UNANSWERED_RINGS: '0', // the same two people call each other often
    RATE_LIMIT_USER_REQUESTS_PER_MINUTE: '0', // tests poll
    ...more,
  };
  const [worker, callService, ...others] = await startTogether(onStarted, [
    startService('cleanup-worker', env, root),
    startService('call-service', { ...env, PORT: String(port) }, root),
    ...Array.from({ length: replicas - 1 }, () => startService('call-service', env, root)),
  ]);
  const webApp = web
    ? await startWebApp({ address, port: webPort, ringlineUrl: `http://${address}:${port}`, env })
    : null;
  if (webApp) onStarted(webApp.stop);
  const ours = [callService, ...others, worker, ...(webApp ? [webApp] : [])];
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
    output: () => ours.map((one) => one.output()).join('\n'),
  };
}
