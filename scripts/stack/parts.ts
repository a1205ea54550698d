import { join } from 'node:path';
import type { Say } from './debian.ts';
import { findOrMakeSecret } from './dev-env.ts';
import { STACK_FOLDER } from './folder.ts';
import { liveKitProgram, provideLiveKit } from './livekit.ts';
import { preparePostgres } from './postgres.ts';
import type { Program } from './program.ts';
import { provideRedis, redisProgram } from './redis.ts';

/** Postgres, Redis or LiveKit: started by us, or given by the environment. */
export interface Part<Env> {
  readonly env: Env;
  /** Absent if the environment gives the server. */
  readonly program?: Program;
  readonly description: string;
}

type PostgresEnv = { readonly DATABASE_URL: string };
type RedisEnv = { readonly REDIS_URL: string };
type LiveKitEnv = Readonly<
  Record<'LIVEKIT_URL' | 'LIVEKIT_PUBLIC_URL' | 'LIVEKIT_API_KEY' | 'LIVEKIT_API_SECRET', string>
>;

export interface PartsOptions {
  /** Finds a free port, the preferred one or one above it. */
  readonly findPort: (preferred: number) => Promise<number>;
  readonly say: Say;
}

export async function postgresPart({ findPort }: PartsOptions): Promise<Part<PostgresEnv>> {
  const { DATABASE_URL } = process.env;
  if (DATABASE_URL) return { env: { DATABASE_URL }, description: 'Postgres of DATABASE_URL' };

  const folder = join(STACK_FOLDER, 'postgres');
  const port = await findPort(5432);
  const { program, url } = await preparePostgres({ folder, port, durable: true });
  return { env: { DATABASE_URL: url }, program, description: `Postgres on 127.0.0.1:${port}` };
}

export async function redisPart({ findPort, say }: PartsOptions): Promise<Part<RedisEnv>> {
  const { REDIS_URL } = process.env;
  if (REDIS_URL) return { env: { REDIS_URL }, description: 'Redis of REDIS_URL' };

  const executable = provideRedis(say);
  const port = await findPort(6379);
  return {
    env: { REDIS_URL: `redis://127.0.0.1:${port}` },
    program: redisProgram({ executable, port, folder: join(STACK_FOLDER, 'redis') }),
    description: `Redis on 127.0.0.1:${port}`,
  };
}

/** LiveKit must be given its Redis and the URL of its webhooks. */
export async function liveKitPart(
  { findPort, say }: PartsOptions,
  { redisUrl, webhookUrl }: { redisUrl: string; webhookUrl: string },
): Promise<Part<LiveKitEnv>> {
  if (process.env.LIVEKIT_URL) return readGivenLiveKit(process.env.LIVEKIT_URL, webhookUrl);

  const executable = await provideLiveKit(say);
  const apiKey = 'devkey';
  const apiSecret = findOrMakeSecret('LIVEKIT_API_SECRET');
  const http = await findPort(7880);
  const ports = { http, tcp: await findPort(7881), udp: await findPort(7882) };
  return {
    env: {
      LIVEKIT_URL: `http://127.0.0.1:${http}`,
      LIVEKIT_PUBLIC_URL: `ws://127.0.0.1:${http}`,
      LIVEKIT_API_KEY: apiKey,
      LIVEKIT_API_SECRET: apiSecret,
    },
    program: liveKitProgram({ executable, ports, apiKey, apiSecret, redisUrl, webhookUrl }),
    description: `LiveKit on 127.0.0.1:${http}`,
  };
}

function readGivenLiveKit(url: string, webhookUrl: string): Part<LiveKitEnv> {
  const { LIVEKIT_API_KEY, LIVEKIT_API_SECRET, LIVEKIT_PUBLIC_URL = url } = process.env;
  if (!LIVEKIT_API_KEY || !LIVEKIT_API_SECRET) {
    throw new Error('LIVEKIT_URL is set: LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be, too.');
  }
  return {
    env: { LIVEKIT_URL: url, LIVEKIT_PUBLIC_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET },
    description: `LiveKit of LIVEKIT_URL, whose webhooks must go to ${webhookUrl}`,
  };
}
