import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Listening } from '@ringline/platform';
import type { RinglineServer } from './sockets/io.ts';

/**
 * Closing a connection that looks idle may lose a request that is under way. So load balancers have
 * this long to switch to other replicas. `/ready` answers 503 meanwhile.
 */
const LAME_DUCK_MS = 2000;

/** Time for clients to read their last responses and to close their side. */
const PATIENCE_MS = 3000;

/**
 * Answers requests a little longer, each as the last one of its connection. Then closes the server
 * and the sockets. Sockets get no disconnect packet, so clients reconnect to another replica by
 * themselves. A frozen client does not delay the shutdown.
 */
export function createGracefulShutdown(server: Server, io: RinglineServer) {
  const connections = new Set<Socket>();
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  return async (listening: Listening): Promise<void> => {
    server.prependListener('request', (_request, response) => {
      response.setHeader('Connection', 'close');
    });
    await sleep(LAME_DUCK_MS);
    const timer = setTimeout(() => {
      for (const connection of connections) connection.destroy();
    }, PATIENCE_MS);
    try {
      await Promise.all([listening.close(), io.close()]);
    } finally {
      clearTimeout(timer);
    }
  };
}
