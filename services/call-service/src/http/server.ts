import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '@ringline/platform';

/** Room for the largest token that is accepted, and for the headers of browsers and proxies. */
const LARGEST_HEADERS = 16_384;

/** Time for the headers, and for the whole request. A silent connection is closed as well. */
const HEADERS_MS = 5000;
const REQUEST_MS = 10_000;
const CHECK_EVERY_MS = 1000;

/** Longer than the keep-alive of load balancers, or they would use connections that are closing. */
const KEEP_ALIVE_MS = 65_000;

/** The longest that a client may leave a response unread. */
const UNREAD_MS = 60_000;

/**
 * The most requests of one connection that are unanswered or whose responses are unread. Browsers
 * and proxies send one at a time. A client that sends thousands and reads nothing would fill the
 * memory with responses.
 */
const MAX_UNANSWERED = 16;

/** Closes a connection with too many unanswered requests. */
function boundUnanswered(app: RequestListener, logger: Logger): RequestListener {
  const unanswered = new WeakMap<Socket, number>();
  const count = (socket: Socket, change: number): number => {
    const now = (unanswered.get(socket) ?? 0) + change;
    unanswered.set(socket, now);
    return now;
  };
  return (request, response) => {
    const { socket } = request;
    // Pipelined requests may still arrive here.
    if (socket.destroyed) return;
    response.once('close', () => count(socket, -1));
    if (count(socket, 1) <= MAX_UNANSWERED) {
      app(request, response);
      return;
    }
    logger.warn('closed a connection with too many unanswered requests', {
      address: socket.remoteAddress,
    });
    socket.destroy();
  };
}

/**
 * After an upgrade, the HTTP server no longer handles errors of the connection, and the WebSocket
 * server does so only a little later. A client that resets its connection in between must not end
 * the process.
 */
function surviveResets(server: Server): void {
  server.on('upgrade', (_request, socket) => socket.on('error', () => socket.destroy()));
}

/**
 * Creates the HTTP server for clients, which does not listen yet. Every wait for a client has a
 * timeout.
 */
export function createPublicServer(app: RequestListener, logger: Logger): Server {
  const server = createServer(
    {
      maxHeaderSize: LARGEST_HEADERS,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    boundUnanswered(app, logger),
  );
  server.timeout = UNREAD_MS;
  surviveResets(server);
  return server;
}
