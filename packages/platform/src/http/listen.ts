import { once } from 'node:events';
import { createServer, type RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../logger.ts';

export interface Listening {
  server: Server;
  /** The given port, or the one that the system chose for 0. */
  port: number;
  /** Stops accepting connections, and resolves once pending requests have their responses. */
  close: () => Promise<void>;
}

/** Serves an app, or a server that already has one. Rejects if the port is in use. */
export async function listen(
  app: RequestListener | Server,
  port: number,
  host: string,
  logger: Logger,
): Promise<Listening> {
  const server = app instanceof Server ? app : createServer(app);
  server.listen(port, host);
  await once(server, 'listening');
  // From here on, an error concerns a single connection and not the server.
  server.on('error', (error) => logger.warn('a connection could not be accepted', { error }));
  return { server, port: (server.address() as AddressInfo).port, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  // Closing ends connections that are idle now. Those that become idle later must end, too.
  server.keepAliveTimeout = 1;
  server.close();
  await closed;
}
