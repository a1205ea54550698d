import { randomBytes } from 'node:crypto';
import { type OnStarted, startAllOrNothing, startTogether } from '@ringline/testing/all-or-nothing';
import { type LiveKitServer, makeLiveKitKeys, startLiveKit } from '@ringline/testing/livekit';
import { freePort } from '@ringline/testing/ports';
import { createTestDatabase, type TestDatabase } from '@ringline/testing/postgres';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { type RedisCluster, startRedisCluster } from '@ringline/testing/redis-cluster';
import type { Server } from '@ringline/testing/server';
import { type Service, startService } from '@ringline/testing/service';
import { type Caddy, startCaddy } from './caddy.ts';
import type { Place } from './user.ts';

export type Two<Part> = readonly [Part, Part];

/**
 * Two of each of our processes on a Redis Cluster, and two LiveKit nodes on one Redis.
 * `callServices[n]` sends users to `livekit[n]`.
 */
export interface ScaledStack {
  readonly database: TestDatabase;
  readonly cluster: RedisCluster;
  /** LiveKit's own Redis, which knows the node of each room. */
  readonly livekitRedis: RedisServer;
  readonly livekit: Two<LiveKitServer>;
  readonly callServices: Two<Service>;
  readonly workers: Two<Service>;
  readonly ingesters: Two<Service>;
  /** For the users of one of the call services. */
  readonly at: Two<Place>;
  /** For users whom Caddy sends to any of them. */
  readonly anywhere: Place;
  stop(): Promise<void>;
}

const AUDIENCE = 'ringline-e2e';

export function startScaledStack(): Promise<ScaledStack> {
  return startAllOrNothing(startParts);
}

async function startParts(onStarted: OnStarted): Promise<Omit<ScaledStack, 'stop'>> {
  const startTwo = <Part extends Server>(start: (index: 0 | 1) => Promise<Part>) =>
    startTogether(onStarted, [start(0), start(1)]);
  const database = await createTestDatabase();
  onStarted(database.drop);
  const cluster = await startRedisCluster();
  onStarted(cluster.stop);
  const livekitRedis = await startRedis();
  onStarted(livekitRedis.stop);
  const ports = [await freePort(), await freePort()] as const;
  const keys = makeLiveKitKeys();
  const livekit = await startTwo((index) =>
    startLiveKit({
      keys,
      redisUrl: livekitRedis.url,
      webhookUrl: `http://127.0.0.1:${ports[index]}/webhooks/livekit`,
    }),
  );
  const secret = randomBytes(32).toString('base64url');
  const makeEnv = (index: 0 | 1) => ({
    HOST: '127.0.0.1',
    DATABASE_URL: database.url,
    REDIS_URL: cluster.url,
    LIVEKIT_URL: livekit[index].url,
    LIVEKIT_PUBLIC_URL: livekit[index].publicUrl,
    LIVEKIT_API_KEY: keys.apiKey,
    LIVEKIT_API_SECRET: keys.apiSecret,
    AUTH_JWT_SECRET: secret,
    AUTH_JWT_AUDIENCE: AUDIENCE,
    RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE: '0', // all users have the same address
  });
  const callServices = await startTwo((index) =>
    startService('call-service', { ...makeEnv(index), PORT: String(ports[index]) }),
  );
  const workers = await startTwo((index) => startService('cleanup-worker', makeEnv(index)));
  const ingesters = await startTwo((index) => startService('quality-ingester', makeEnv(index)));
  const [callService, replica] = callServices;
  const caddy: Caddy = await startCaddy({
    callService,
    replicas: [replica],
    livekit: livekit[0],
  });
  onStarted(caddy.stop);
  const makePlace = (url: string): Place => ({ secret, env: makeEnv(0), callService: { url } });
  return {
    ...{ database, cluster, livekitRedis, livekit, callServices, workers, ingesters },
    at: [makePlace(callService.url), makePlace(replica.url)],
    anywhere: makePlace(caddy.url),
  };
}
