import { createServer } from 'node:http';
import { createClientlessServer, roomOfDevice, roomOfUser } from '@ringline/engine';
import { closeRedis, connectRedis, listen } from '@ringline/platform';
import { silentLogger } from '@ringline/testing/silent-logger';
import { until } from '@ringline/testing/until';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { Server } from 'socket.io';
import { io as connectSocket, type Socket } from 'socket.io-client';

export interface ReceivedMessage {
  event: string;
  payload: Record<string, unknown>;
  /** `performance.now()` */
  at: number;
}

/** Devices of users, connected to a Socket.IO server like that of the call service. */
export interface TestDevices {
  /** Connects a device. Returns the messages that it receives from now on. */
  connect(userId: string, deviceId?: string): Promise<ReceivedMessage[]>;
  /** Resolves once what is published to the user reaches this device. */
  untilSubscribed(userId: string, deviceId?: string): Promise<void>;
  close(): Promise<void>;
}

const PROBE = 'test:probe';

function phoneOf(userId: string): string {
  return `${userId}-phone`;
}

export async function openDevices(redisUrl: string): Promise<TestDevices> {
  const [publish, subscribe, probe] = await Promise.all([
    connectRedis(redisUrl, { name: 'test-publish', logger: silentLogger }),
    connectRedis(redisUrl, { name: 'test-subscribe', logger: silentLogger, offlineQueue: true }),
    connectRedis(redisUrl, { name: 'test-probe', logger: silentLogger }),
  ]);
  const socketServer = new Server({
    transports: ['websocket'],
    adapter: createShardedAdapter(publish, subscribe),
  });
  socketServer.on('connection', (socket) => {
    const { userId, deviceId } = socket.handshake.auth;
    void socket.join([roomOfUser(userId), roomOfDevice(userId, deviceId)]);
  });
  const server = createServer();
  socketServer.attach(server);
  const { port, close } = await listen(server, 0, '127.0.0.1', silentLogger);
  const probing = createClientlessServer(probe);
  const sockets: Socket[] = [];
  /** How many probes each device has received. */
  const probes = new Map<string, number>();
  const countProbes = (deviceId: string): number => probes.get(deviceId) ?? 0;

  /** The subscription in Redis is active a moment after a socket has joined its rooms. */
  async function untilSubscribed(userId: string, deviceId = phoneOf(userId)): Promise<void> {
    const before = countProbes(deviceId);
    await until(`${deviceId} is subscribed`, () => {
      probing.to(roomOfUser(userId)).emit(PROBE, {});
      return countProbes(deviceId) > before;
    });
  }

  return {
    async connect(userId, deviceId = phoneOf(userId)) {
      const received: ReceivedMessage[] = [];
      const socket = connectSocket(`http://127.0.0.1:${port}`, {
        transports: ['websocket'],
        auth: { userId, deviceId },
        forceNew: true,
      });
      sockets.push(socket);
      socket.onAny((event: string, payload: Record<string, unknown>) => {
        if (event === PROBE) probes.set(deviceId, countProbes(deviceId) + 1);
        else received.push({ event, payload, at: performance.now() });
      });
      await untilSubscribed(userId, deviceId);
      return received;
    },
    untilSubscribed,
    async close() {
      for (const socket of sockets) socket.disconnect();
      await socketServer.close();
      await close();
      await Promise.all([publish, subscribe, probe].map(closeRedis));
    },
  };
}
