import { once } from 'node:events';
import { createServer, type RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../logger.ts';

export interface Listening {
  server: Server;
  /** The one that was asked for, or the one that the system chose for 0. */
  port: number;
  /** Takes no more connections and resolves once the requests under way are answered. */
  close: () => Promise<void>;
}

/** Serves an app, or a server that already has one. Rejects where the port is taken. */
export async function listen(
  app: RequestListener | Server,
  port: number,
  host: string,
  logger: Logger,
): Promise<Listening> {
  const server = app instanceof Server ? app : createServer(app);
  server.listen(port, host);
  await once(server, 'listening');
  // From here on it is one connection that cannot be accepted, and not the server that fails.
  server.on('error', (error) => logger.warn('a connection could not be accepted', { error }));
  return { server, port: (server.address() as AddressInfo).port, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  // Closing ends the idle connections of this moment; those that become idle later must not be kept alive either.
  server.keepAliveTimeout = 1;
  server.close();
  await closed;
}
