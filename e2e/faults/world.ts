import { randomBytes } from 'node:crypto';
import { createLiveKit, type MediaServer } from '@ringline/engine';
import { createMetrics } from '@ringline/platform';
import { type OnStarted, startAllOrNothing, startTogether } from '@ringline/testing/all-or-nothing';
import { type LiveKitServer, startLiveKit } from '@ringline/testing/livekit';
import { type PostgresServer, startPostgres } from '@ringline/testing/postgres';
import { type RedisServer, startRedis } from '@ringline/testing/redis';
import { ignore } from '@ringline/testing/silent-logger';
import { Pool } from 'pg';
import type { Place } from '../user.ts';
import { installFailpoints } from './failpoint.ts';
import { type FrontDoor, openFrontDoor } from './front-door.ts';
import { type HttpGate, openHttpGate } from './http-gate.ts';
import { type Kind, type OurProcess, startOurProcess } from './our-process.ts';

/** Everything that a fault can break: real processes, and proxies between some of them. */
export interface World {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  /** The same as `redis` if they share one. */
  readonly livekitRedis: RedisServer;
  readonly livekit: LiveKitServer;
  /** The proxy between our processes and LiveKit's API. */
  readonly livekitApi: HttpGate;
  /** The proxy between LiveKit and our webhook. */
  readonly webhooks: HttpGate;
  /** The load balancer between clients and call services. */
  readonly frontDoor: FrontDoor;
  readonly processes: readonly OurProcess[];
  of(kind: Kind): OurProcess[];
  /** For clients of the front door. */
  readonly place: Place;
  /** LiveKit without the proxy, for the checker. */
  readonly media: MediaServer;
  /** Queries for checks and failpoints, on their own connection. */
  rows<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Holds an advisory lock while `work` runs. */
  holdingLock<Result>(lock: number, work: () => Promise<Result>): Promise<Result>;
  stop(): Promise<void>;
}

export interface WorldOptions {
  /** Whether LiveKit shares our Redis. */
  readonly sharedRedis: boolean;
  /** The folder of the release to attack; by default this one. */
  readonly root?: string;
}

const AUDIENCE = 'ringline-faults';

/** Short, so that deadlines expire within the run. */
const SHORT_TIMEOUTS = {
  RING_TIMEOUT_SECONDS: '8',
  CONNECT_TIMEOUT_SECONDS: '6',
  RECONNECT_GRACE_SECONDS: '4',
  SOLO_TIMEOUT_SECONDS: '8',
  MAX_CALL_DURATION_SECONDS: '60',
};

/**
 * All users share one address and call the same few people. Sockets stay limited: crashes must not
 * use them up.
 */
const LIMITS = {
  RATE_LIMIT_USER_REQUESTS_PER_MINUTE: '0',
  RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE: '0',
  RATE_LIMIT_PAIR_UNANSWERED_RINGS: '0',
  RATE_LIMIT_QUALITY_SAMPLES_PER_MINUTE: '0',
  RATE_LIMIT_TOGGLES_PER_SECOND: '0',
  RATE_LIMIT_SOCKETS_PER_USER: '6',
};

export function startWorld(options: WorldOptions): Promise<World> {
  return startAllOrNothing((onStarted) => startParts(options, onStarted));
}

/** Survives the loss of Postgres. */
function openDatabase(url: string, onStarted: OnStarted): Pick<World, 'rows' | 'holdingLock'> {
  const pool = new Pool({
    connectionString: url,
    application_name: 'fault battery',
    max: 3,
    connectionTimeoutMillis: 3000,
    query_timeout: 10_000,
  });
  // The query that meets an error reports it.
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  onStarted(() => pool.end());
  return {
    rows: async <Row extends object>(sql: string, values: unknown[] = []) =>
      (await pool.query<Row>(sql, values)).rows,
    holdingLock: async (lock, work) => {
      const client = await pool.connect();
      try {
        await client.query('SELECT pg_advisory_lock($1)', [lock]);
        return await work();
      } finally {
        // Closing the connection releases the lock, even if the connection is broken.
        client.release(true);
      }
    },
  };
}

async function startServers({ sharedRedis }: WorldOptions, onStarted: OnStarted) {
  const postgres = await startPostgres({ durable: true });
  onStarted(postgres.stop);
  const redis = await startRedis();
  onStarted(redis.stop);
  const livekitRedis = sharedRedis ? redis : await startRedis();
  onStarted(livekitRedis.stop);
  // A cycle: the front door needs the services' ports, these need LiveKit, and LiveKit sends
  // webhooks to the front door.
  const webhooks = await openHttpGate(() => requireDoor().url);
  onStarted(webhooks.close);
  let door: FrontDoor | null = null;
  const requireDoor = (): FrontDoor => {
    if (door === null) throw new Error('the front door is not open yet');
    return door;
  };
  const livekit = await startLiveKit({
    redisUrl: livekitRedis.url,
    webhookUrl: `${webhooks.url}/webhooks/livekit`,
  });
  onStarted(livekit.stop);
  const livekitApi = await openHttpGate(() => livekit.url);
  onStarted(livekitApi.close);
  const openDoor = async (ports: readonly number[]): Promise<FrontDoor> => {
    door = await openFrontDoor(ports);
    onStarted(door.close);
    return door;
  };
  return { postgres, redis, livekitRedis, livekit, livekitApi, webhooks, openDoor };
}

async function startParts(
  options: WorldOptions,
  onStarted: OnStarted,
): Promise<Omit<World, 'stop'>> {
  const { openDoor, ...servers } = await startServers(options, onStarted);
  const { postgres, redis, livekit, livekitApi } = servers;
  const secret = randomBytes(32).toString('base64url');
  const env = {
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    LIVEKIT_URL: livekitApi.url,
    LIVEKIT_PUBLIC_URL: livekit.publicUrl,
    LIVEKIT_API_KEY: livekit.apiKey,
    LIVEKIT_API_SECRET: livekit.apiSecret,
    AUTH_JWT_SECRET: secret,
    AUTH_JWT_AUDIENCE: AUDIENCE,
    ...SHORT_TIMEOUTS,
    ...LIMITS,
  };
  const two = (kind: Kind) =>
    [1, 2].map((index) => startOurProcess(kind, index, env, options.root));
  const processes = await startTogether(onStarted, [
    ...two('call-service'),
    ...two('cleanup-worker'),
    ...two('quality-ingester'),
  ]);
  const database = openDatabase(postgres.url, onStarted);
  await installFailpoints(database.rows);
  const of = (kind: Kind) => processes.filter((one) => one.kind === kind);
  const frontDoor = await openDoor(of('call-service').map(({ port }) => port));
  return {
    ...servers,
    frontDoor,
    processes,
    of,
    place: { secret, env, callService: { url: frontDoor.url } },
    media: createLiveKit(livekit, createMetrics()),
    ...database,
  };
}
