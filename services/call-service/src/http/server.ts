import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '@ringline/platform';

/** Room for a token of the largest size that we believe, and for what browsers and proxies add. */
const LARGEST_HEADERS = 16_384;

/** Of a request, until its headers and then all of it are in. A connection that says nothing counts as well. */
const HEADERS_MS = 5000;
const REQUEST_MS = 10_000;
const CHECK_EVERY_MS = 1000;

/** Longer than load balancers keep theirs, or they send requests into a connection that is just closing. */
const KEEP_ALIVE_MS = 65_000;

/** A client that takes nothing of an answer for this long is not reading it. No request takes as long to answer. */
const UNREAD_MS = 60_000;

/**
 * Requests on one connection that wait for their answers, or whose answers wait for the client. Browsers and proxies send one
 * at a time; a client that sends thousands and reads nothing would fill the memory with answers.
 */
const MAX_UNANSWERED = 16;

/** Cuts a connection on which too many requests are unanswered. */
function boundUnanswered(app: RequestListener, logger: Logger): RequestListener {
  const unanswered = new WeakMap<Socket, number>();
  const count = (socket: Socket, change: number): number => {
    const now = (unanswered.get(socket) ?? 0) + change;
    unanswered.set(socket, now);
    return now;
  };
  return (request, response) => {
    const { socket } = request;
    // What was received together with the request that was one too many comes in here all the same.
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
 * From an upgrade on, HTTP no longer listens for errors of the connection, and whoever takes it over listens a moment or
 * a second later. A client that resets its connection in between must not end the process.
 */
function surviveResets(server: Server): void {
  server.on('upgrade', (_request, socket) => socket.on('error', () => socket.destroy()));
}

/** The HTTP server for clients, which waits for nobody without end. It does not listen yet. */
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
