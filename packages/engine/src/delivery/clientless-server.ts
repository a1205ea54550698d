import type { RedisClient } from '@ringline/platform';
import { Server } from 'socket.io';
import { createAdapter } from './adapter.ts';

/** The adapter subscribes for the sockets of its own process. This process has none. */
function createIdleSubscriber() {
  return {
    on: () => undefined,
    ssubscribe: () => undefined,
    sunsubscribe: () => undefined,
  };
}

/**
 * A Socket.IO server without clients and without HTTP. Its messages reach the sockets of the call
 * services through Redis. It does not have to be closed.
 */
export function createClientlessServer(redis: RedisClient): Server {
  const io = new Server();
  io.adapter(createAdapter(redis, createIdleSubscriber()));
  return io;
}
