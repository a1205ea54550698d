import { randomBytes } from 'node:crypto';
import { type LiveKitServer, makeLiveKitKeys, startLiveKit } from '@ringline/testing/livekit';
import { freePort } from '@ringline/testing/ports';
import { createTestDatabase, type TestDatabase } from '@ringline/testing/postgres';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { type RedisCluster, startRedisCluster } from '@ringline/testing/redis-cluster';
import { type Service, startService } from '@ringline/testing/service';
import { type Caddy, startCaddy } from './caddy.ts';
import type { Place } from './user.ts';

export type Two<Part> = readonly [Part, Part];

/** Two of everything of ours on a Redis Cluster, and two LiveKit nodes on one Redis. Users of `callServices[n]` are sent to `livekit[n]`. */
export interface ScaledStack {
  readonly database: TestDatabase;
  readonly cluster: RedisCluster;
  /** LiveKit's own, which knows at which node a room is. */
  readonly livekitRedis: RedisServer;
  readonly livekit: Two<LiveKitServer>;
  readonly callServices: Two<Service>;
  readonly workers: Two<Service>;
  readonly ingesters: Two<Service>;
  /** For the users of one of the call services, */
  readonly at: Two<Place>;
  /** and of whichever Caddy finds. */
  readonly anywhere: Place;
  stop(): Promise<void>;
}

const AUDIENCE = 'ringline-e2e';

/** Starts all of it, or nothing. */
export async function startScaledStack(): Promise<ScaledStack> {
  const started: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const step of started.splice(0).reverse()) await step();
  };
  const two: StartTwo = (start) => {
    const starting = [start(0), start(1)] as const;
    started.push(async () => {
      const settled = await Promise.allSettled(starting);
      await Promise.all(settled.map((one) => one.status === 'fulfilled' && one.value.stop()));
    });
    return Promise.all(starting);
  };
  try {
    return { ...(await startParts(started, two)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts two at once, which will be stopped at once. */
type StartTwo = <Part extends { stop(): Promise<void> }>(
  start: (index: 0 | 1) => Promise<Part>,
) => Promise<Two<Part>>;

async function startParts(
  started: (() => Promise<unknown>)[],
  two: StartTwo,
): Promise<Omit<ScaledStack, 'stop'>> {
  const database = await createTestDatabase();
  started.push(database.drop);
  const cluster = await startRedisCluster();
  started.push(cluster.stop);
  const livekitRedis = await startRedis();
  started.push(livekitRedis.stop);
  const ports = [await freePort(), await freePort()] as const;
  const keys = makeLiveKitKeys();
  const livekit = await two((index) =>
    startLiveKit({
      keys,
      redisUrl: livekitRedis.url,
      webhookUrl: `http://127.0.0.1:${ports[index]}/webhooks/livekit`,
    }),
  );
  const secret = randomBytes(32).toString('base64url');
  const envOf = (index: 0 | 1) => ({
    HOST: '127.0.0.1',
    DATABASE_URL: database.url,
    REDIS_URL: cluster.url,
    LIVEKIT_URL: livekit[index].url,
    LIVEKIT_PUBLIC_URL: livekit[index].publicUrl,
    LIVEKIT_API_KEY: keys.apiKey,
    LIVEKIT_API_SECRET: keys.apiSecret,
    AUTH_JWT_SECRET: secret,
    AUTH_JWT_AUDIENCE: AUDIENCE,
    RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE: '0', // everybody here has the same address
  });
  const callServices = await two((index) =>
    startService('call-service', { ...envOf(index), PORT: String(ports[index]) }),
  );
  const workers = await two((index) => startService('cleanup-worker', envOf(index)));
  const ingesters = await two((index) => startService('quality-ingester', envOf(index)));
  const [callService, replica] = callServices;
  const caddy: Caddy = await startCaddy({
    callService,
    replicas: [replica],
    livekit: livekit[0],
  });
  started.push(caddy.stop);
  const placeAt = (url: string): Place => ({ secret, env: envOf(0), callService: { url } });
  return {
    ...{ database, cluster, livekitRedis, livekit, callServices, workers, ingesters },
    at: [placeAt(callService.url), placeAt(replica.url)],
    anywhere: placeAt(caddy.url),
  };
}
