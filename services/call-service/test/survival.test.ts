import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BASE_PATH } from '@ringline/contract';
import { type Service, startService } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import request from 'supertest';
import { type Servers, startServers } from './servers.ts';
import { signToken } from './tokens.ts';

let servers: Servers;
let service: Service;
/** Two call services and a worker. */
let all: Service[];
beforeAll(async () => {
  servers = await startServers();
  const noLimits = {
    RATE_LIMIT_USER_REQUESTS_PER_MINUTE: '0',
    RATE_LIMIT_ADDRESS_REQUESTS_PER_MINUTE: '0',
  };
  const names = ['call-service', 'call-service', 'cleanup-worker'];
  all = await Promise.all(names.map((name) => startService(name, { ...servers.env, ...noLimits })));
  [service] = all as [Service];
}, 60_000);
afterAll(async () => {
  await Promise.all(all.map((one) => one.stop()));
  await servers.stop();
});

/** A dead process accepts no connections: it is not restarted here. */
async function expectAlive(): Promise<void> {
  for (const { internalUrl, output } of all) {
    expect(output()).not.toContain('uncaught exception');
    expect((await fetch(`${internalUrl}/health`)).status).toBe(200);
  }
}

/** Requests an upgrade, and resets the connection when the request has arrived. */
function resetAfterUpgrade(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(service.url).port), host: '127.0.0.1' });
    socket.once('error', reject);
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ringline\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      () => setTimeout(() => resolve(void socket.resetAndDestroy()), 50),
    );
  });
}

test.each([
  ['another path', '/elsewhere'],
  ['a socket', '/socket.io/?EIO=4&transport=websocket'],
  ['a socket of another version', '/socket.io/?EIO=3&transport=websocket'],
])('an upgrade to %s whose connection is reset does not end the process', async (_, path) => {
  for (let times = 0; times < 5; times += 1) await resetAfterUpgrade(path);
  await sleep(50);
  await expectAlive();
});

/**
 * Requests histories in an endless loop, at each call service more at once than its pool has
 * connections.
 */
async function askWithoutEnd(signal: AbortSignal, tokens: readonly string[]): Promise<void> {
  const ask = async (url: string, token: string): Promise<void> => {
    while (!signal.aborted) {
      await request(url).get(`${BASE_PATH}/calls/history`).auth(token, { type: 'bearer' });
      await request(url)
        .post(`${BASE_PATH}/calls/start`)
        .auth(token, { type: 'bearer' })
        .send({ type: 'audio', participantIds: ['zoe'] });
    }
  };
  const [one, other] = all as [Service, Service];
  await Promise.all(tokens.map((token, index) => ask(index % 2 ? one.url : other.url, token)));
}

test('call services and a worker survive that Postgres ends all connections again and again', async () => {
  const stopping = new AbortController();
  const tokens = await Promise.all(
    Array.from({ length: 40 }, (_, index) => signToken(servers.secret, { sub: `ann-${index}` })),
  );
  const asking = askWithoutEnd(stopping.signal, tokens);
  for (let times = 0; times < 20; times += 1) {
    await servers.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'ringline'`,
    );
    await sleep(200);
  }
  stopping.abort();
  await asking;
  await expectAlive();
  for (const { internalUrl } of all) {
    await until('it is ready again', async () => (await fetch(`${internalUrl}/ready`)).ok);
  }
}, 60_000);
