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
  close(): Promise<void>;
}

const PROBE = 'test:probe';

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

  return {
    async connect(userId, deviceId = `${userId}-phone`) {
      const received: ReceivedMessage[] = [];
      let isSubscribed = false;
      const socket = connectSocket(`http://127.0.0.1:${port}`, {
        transports: ['websocket'],
        auth: { userId, deviceId },
        forceNew: true,
      });
      sockets.push(socket);
      socket.onAny((event: string, payload: Record<string, unknown>) => {
        if (event === PROBE) isSubscribed = true;
        else received.push({ event, payload, at: performance.now() });
      });
      // The subscription in Redis is active a moment after the socket has joined.
      await until(`${userId} is subscribed`, () => {
        probing.to(roomOfUser(userId)).emit(PROBE, {});
        return isSubscribed;
      });
      return received;
    },
    async close() {
      for (const socket of sockets) socket.disconnect();
      await socketServer.close();
      await close();
      await Promise.all([publish, subscribe, probe].map(closeRedis));
    },
  };
}
