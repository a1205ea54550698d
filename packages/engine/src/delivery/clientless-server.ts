import type { RedisClient } from '@ringline/platform';
import { Server } from 'socket.io';
import { createAdapter } from './adapter.ts';

/** The adapter subscribes for sockets of its own process. This one has none, and so nothing to listen to. */
function subscribesToNothing() {
  return {
    on: () => undefined,
    ssubscribe: () => undefined,
    sunsubscribe: () => undefined,
  };
}

/**
 * A Socket.IO server without clients and without HTTP, for processes that serve none: what it emits goes through Redis
 * to the sockets of the call services. It holds nothing that would have to be closed.
 */
export function createClientlessServer(redis: RedisClient): Server {
  const io = new Server();
  io.adapter(createAdapter(redis, subscribesToNothing()));
  return io;
}
