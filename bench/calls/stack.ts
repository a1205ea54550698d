import { randomBytes } from 'node:crypto';
import { listen } from '@ringline/platform';
import { startPostgres } from '@ringline/testing/postgres';
import { startRedis } from '@ringline/testing/redis';
import { startService } from '@ringline/testing/service';
import { silentLogger } from '@ringline/testing/silent-logger';
import { SignJWT } from 'jose';
import { io } from 'socket.io-client';
import { readCpuSeconds } from '../cpu.ts';

/** One device of a user. */
export interface Phone {
  readonly userId: string;
  // biome-ignore lint/suspicious/noExplicitAny: a benchmark trusts the answers; tests check them.
  ask(event: string, payload: object): Promise<any>;
  /** Resolves when the device next hears this. */
  next(event: string): Promise<void>;
}

/** One call service on a durable Postgres. */
export interface CallStack {
  readonly databaseUrl: string;
  readonly callServicePid: number;
  connect(userId: string): Promise<Phone>;
  /** CPU seconds so far, by process. */
  cpu(): { name: string; seconds: number }[];
  stop(): Promise<void>;
}

/** Answers every request of LiveKit's API with success, and does nothing. */
function startFakeLiveKit() {
  return listen(
    (request, response) => {
      request.resume();
      request.on('end', () => {
        response.writeHead(200, { 'Content-Type': 'application/json' });
        response.end('{}');
      });
    },
    0,
    '127.0.0.1',
    silentLogger,
  );
}

export async function startCallStack(): Promise<CallStack> {
  const [postgres, redis, livekit] = await Promise.all([
    startPostgres({ durable: true }),
    startRedis(),
    startFakeLiveKit(),
  ]);
  const secret = randomBytes(32).toString('base64url');
  const callService = await startService('call-service', {
    HOST: '127.0.0.1',
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    LIVEKIT_URL: `http://127.0.0.1:${livekit.port}`,
    LIVEKIT_API_KEY: 'none',
    LIVEKIT_API_SECRET: 'none',
    AUTH_JWT_SECRET: secret,
    RATE_LIMIT_SOCKET_EVENTS_PER_SECOND: '0',
    RATE_LIMIT_TOGGLES_PER_SECOND: '0',
  });
  const parts = { 'call service': callService, Postgres: postgres, Redis: redis };
  const closes: (() => unknown)[] = [];
  return {
    databaseUrl: postgres.url,
    callServicePid: callService.pid(),
    connect: async (userId) => {
      const token = await new SignJWT({ sub: userId })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('1h')
        .sign(new TextEncoder().encode(secret));
      const options = { transports: ['websocket'], forceNew: true, auth: { token } };
      const socket = io(callService.url, options);
      closes.push(() => socket.disconnect());
      await new Promise<void>((resolve, reject) => {
        socket.once('call:sync', () => resolve());
        socket.once('connect_error', reject);
      });
      return {
        userId,
        ask: async (event, payload) => {
          const answer = await socket.timeout(20_000).emitWithAck(event, payload);
          if (!answer.ok) throw new Error(`${userId} ${event}: ${answer.error.code}`);
          return answer.data;
        },
        next: (event) => new Promise((resolve) => socket.once(event, () => resolve())),
      };
    },
    cpu: () => [
      ...Object.entries(parts).map(([name, server]) => ({
        name,
        seconds: readCpuSeconds(server.pid()),
      })),
      {
        name: 'this benchmark',
        seconds: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
      },
    ],
    stop: async () => {
      for (const close of closes) close();
      await callService.stop();
      await Promise.all([livekit.close(), redis.stop(), postgres.stop()]);
    },
  };
}
