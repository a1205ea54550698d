import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Listening } from '@ringline/platform';
import type { RinglineServer } from './sockets/io.ts';

/**
 * Requests may be on their way on connections that are idle as seen from here, and closing those would lose them: whoever
 * sends them has this long to send elsewhere. `/ready` says 503 meanwhile, and a balancer that asks once a second sees it.
 */
const LAME_DUCK_MS = 2000;

/** Time for clients to take their last answers, and to close their side. */
const PATIENCE_MS = 3000;

/**
 * Ends the service's part with all clients: requests are answered a little longer, each as the last of its connection;
 * then nothing new is taken in, and sockets lose their connection rather than being told to disconnect, upon which a
 * client goes to another replica by itself. A client that is frozen or gone does not hold the process up.
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
