import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Service, startService } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { type Servers, startServers } from './servers.ts';

let servers: Servers;
let service: Service;
let pid: number;
beforeAll(async () => {
  servers = await startServers();
  service = await startService('call-service', servers.env);
  pid = service.pid();
});
afterAll(async () => {
  await service.stop();
  await servers.stop();
});

/** A process that died takes no more connections. */
const expectAlive = async (): Promise<void> => {
  const health = await fetch(`${service.url}/health`);
  expect({ status: health.status, pid: service.pid() }).toEqual({ status: 200, pid });
  expect(service.output()).not.toContain('an exception that nobody caught');
};

/** Asks for an upgrade, and resets the connection when that has arrived. */
const resetAfterUpgrade = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(service.url).port), host: '127.0.0.1' });
    socket.once('error', reject);
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ringline\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      () => setTimeout(() => resolve(void socket.resetAndDestroy()), 50),
    );
  });

test.each([
  ['elsewhere', '/elsewhere'],
  ['to a socket', '/socket.io/?EIO=4&transport=websocket'],
  ['to a socket of another version', '/socket.io/?EIO=3&transport=websocket'],
])(
  'a client that upgrades %s and resets its connection does not end the process',
  async (_, path) => {
    for (let times = 0; times < 5; times += 1) await resetAfterUpgrade(path);
    await sleep(50);
    await expectAlive();
  },
);
