import { randomBytes } from 'node:crypto';
import { startPostgres } from '@ringline/testing/postgres';
import { startRedis } from '@ringline/testing/redis';
import { type Service, startService } from '@ringline/testing/service';
import { SignJWT } from 'jose';
import { Client } from 'pg';
import { io, type Socket } from 'socket.io-client';
import { readCpuSeconds } from '../cpu.ts';
import type { Party } from './workload.ts';

const NAMES = ['call service', 'ingester', 'Postgres', 'Redis'] as const;

/** One call service, one ingester, and what they need; LiveKit is not asked anything here. */
export interface QualityStack {
  databaseUrl: string;
  callService: Service;
  storedSamples(): Promise<number>;
  connect(party: Party): Promise<Socket>;
  /** CPU seconds so far, by who took them. */
  cpu(): { name: string; seconds: number }[];
  stop(): Promise<void>;
}

export async function startQualityStack(): Promise<QualityStack> {
  const [postgres, redis] = await Promise.all([startPostgres({ durable: true }), startRedis()]);
  const secret = randomBytes(32).toString('base64url');
  const key = new TextEncoder().encode(secret);
  const env = {
    HOST: '127.0.0.1',
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    LIVEKIT_URL: 'http://127.0.0.1:9',
    LIVEKIT_API_KEY: 'none',
    LIVEKIT_API_SECRET: 'none',
    AUTH_JWT_SECRET: secret,
    RATE_LIMIT_SOCKET_EVENTS_PER_SECOND: '0',
    RATE_LIMIT_TOGGLES_PER_SECOND: '0',
    RATE_LIMIT_QUALITY_SAMPLES_PER_MINUTE: '1000000',
    RATE_LIMIT_QUALITY_SAMPLE_BURST: '1000000',
  };
  const [callService, ingester] = await Promise.all([
    startService('call-service', env),
    startService('quality-ingester', env),
  ]);
  const database = new Client({ connectionString: postgres.url });
  await database.connect();
  const sockets: Socket[] = [];
  return {
    databaseUrl: postgres.url,
    callService,
    storedSamples: async () => {
      const { rows } = await database.query(
        'SELECT count(*)::int AS stored FROM call_quality_metrics',
      );
      return rows[0].stored;
    },
    connect: async ({ userId }) => {
      const token = await new SignJWT({ sub: userId })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('1h')
        .sign(key);
      const socket = io(callService.url, {
        transports: ['websocket'],
        forceNew: true,
        auth: { token },
      });
      sockets.push(socket);
      await new Promise<void>((resolve, reject) => {
        socket.once('call:sync', () => resolve());
        socket.once('connect_error', reject);
      });
      return socket;
    },
    cpu: () =>
      [callService, ingester, postgres, redis].map((server, index) => ({
        name: NAMES[index] ?? '',
        seconds: readCpuSeconds(server.pid()),
      })),
    stop: async () => {
      for (const socket of sockets) socket.disconnect();
      await Promise.all([callService.stop(), ingester.stop()]);
      await database.end();
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}
