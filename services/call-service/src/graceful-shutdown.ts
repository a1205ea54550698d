import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Listening } from '@ringline/platform';
import type { RinglineServer } from './sockets/io.ts';

/**
 * A request may be under way on a connection that looks idle here, and closing the connection would
 * lose it. So balancers have this long to send elsewhere. `/ready` answers 503 meanwhile, and a
 * balancer that asks once a second sees that.
 */
const LAME_DUCK_MS = 2000;

/** Time for clients to read their last answers and to close their side. */
const PATIENCE_MS = 3000;

/**
 * Answers requests a little longer, each as the last one of its connection. Then nothing new is
 * taken in, and sockets lose their connection. They are not told to disconnect, so that clients
 * reconnect to another replica by themselves. A frozen client does not hold the process up.
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
