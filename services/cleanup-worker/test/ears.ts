import { createServer } from 'node:http';
import { createClientlessServer, roomOfDevice, roomOfUser } from '@ringline/engine';
import { closeRedis, connectRedis, listen } from '@ringline/platform';
import { silentLogger } from '@ringline/testing/silent-logger';
import { until } from '@ringline/testing/until';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { Server } from 'socket.io';
import { connect, type Socket } from 'socket.io-client';

export interface Heard {
  event: string;
  payload: Record<string, unknown>;
  /** `performance.now()` */
  at: number;
}

/** The sockets of users, on a Socket.IO server like the call service's. */
export interface Ears {
  /** What a device of the user hears from now on. */
  listen(userId: string, deviceId?: string): Promise<Heard[]>;
  close(): Promise<void>;
}

const HELLO = 'test:hello';

export async function openEars(redisUrl: string): Promise<Ears> {
  const [publish, subscribe, say] = await Promise.all([
    connectRedis(redisUrl, { name: 'test-publish', logger: silentLogger }),
    connectRedis(redisUrl, { name: 'test-subscribe', logger: silentLogger, offlineQueue: true }),
    connectRedis(redisUrl, { name: 'test-say', logger: silentLogger }),
  ]);
  const io = new Server({
    transports: ['websocket'],
    adapter: createShardedAdapter(publish, subscribe),
  });
  io.on('connection', (socket) => {
    const { userId, deviceId } = socket.handshake.auth;
    void socket.join([roomOfUser(userId), roomOfDevice(userId, deviceId)]);
  });
  const server = createServer();
  io.attach(server);
  const { port, close } = await listen(server, 0, '127.0.0.1', silentLogger);
  const elsewhere = createClientlessServer(say);
  const sockets: Socket[] = [];

  return {
    async listen(userId, deviceId = `${userId}-phone`) {
      const heard: Heard[] = [];
      let greeted = false;
      const socket = connect(`http://127.0.0.1:${port}`, {
        transports: ['websocket'],
        auth: { userId, deviceId },
        forceNew: true,
      });
      sockets.push(socket);
      socket.onAny((event: string, payload: Record<string, unknown>) => {
        if (event === HELLO) greeted = true;
        else heard.push({ event, payload, at: performance.now() });
      });
      // A subscription stands some moments after the socket has joined.
      await until(`${userId} hears`, () => {
        elsewhere.to(roomOfUser(userId)).emit(HELLO, {});
        return greeted;
      });
      return heard;
    },
    async close() {
      for (const socket of sockets) socket.disconnect();
      await io.close();
      await close();
      await Promise.all([publish, subscribe, say].map(closeRedis));
    },
  };
}
