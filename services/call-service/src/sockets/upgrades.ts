import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Refusal } from '@ringline/domain';
import { requestContext } from '@ringline/platform';
import type { LogRefusal } from '../identity/refusal-log.ts';
import { refused } from '../result.ts';
import { type RinglineServer, SOCKET_PATH } from './io.ts';

/**
 * The error for a connection that Engine.IO refuses. Engine.IO responds with the message in
 * `context`, if any.
 */
interface ConnectionError {
  req: IncomingMessage;
  message: string;
  context: { name?: string; message?: string } | undefined;
}

/** The reason to report for each message of Engine.IO, or name if it has no message. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['Transport unknown', "Only WebSockets are served: set transports to ['websocket']."],
  [
    'TRANSPORT_HANDSHAKE_ERROR',
    'This request does not upgrade to a WebSocket: a proxy may have removed the header Upgrade.',
  ],
  ['INVALID_ORIGIN', 'The header Origin contains invalid characters.'],
  ['Session ID unknown', 'This replica has no connection with this sid.'],
  ['Bad handshake method', 'A connection must start with GET.'],
  [
    'Unsupported protocol version',
    'The client is too old: Socket.IO 3 or newer is required (EIO=4).',
  ],
]);

function answer(socket: Duplex, status: string, message: string): void {
  const headers = `Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message)}`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${message}`);
}

/**
 * Logs connections that are refused before they reach Socket.IO, and responds with the reason.
 * Browsers hide that response, so requests of pages are refused later (`handshake.ts`). `io` must
 * be attached.
 */
export function logRefusedUpgrades(
  io: RinglineServer,
  server: Server,
  logRefusal: LogRefusal,
): void {
  const log = (request: IncomingMessage, { refusal }: { refusal: Refusal }): void => {
    const { requestId } = requestContext(request.headers);
    const { origin } = request.headers;
    logRefusal(refusal, { requestId, origin, address: request.socket.remoteAddress });
  };

  io.engine.on('connection_error', ({ req, message, context }: ConnectionError) => {
    const reason = REASONS.get(context?.name ?? message) ?? REASONS.get(message) ?? message;
    if (context !== undefined) context.message = reason;
    log(req, refused('VALIDATION_FAILED', reason));
  });

  server.on('upgrade', (request, socket) => {
    if (request.url?.startsWith(`${SOCKET_PATH}/`)) return;
    const reason = `There is no WebSocket at this address; Socket.IO is at ${SOCKET_PATH}/.`;
    log(request, refused('NOT_FOUND', reason));
    answer(socket, '404 Not Found', reason);
  });

  // Engine.IO creates a new WebSocket server when the HTTP server starts to listen.
  server.on('listening', () => {
    const { ws } = io.engine as unknown as { ws: NodeJS.EventEmitter };
    ws.on('wsClientError', (error: Error, socket: Duplex, request: IncomingMessage) => {
      const reason = `The WebSocket handshake is invalid: ${error.message}.`;
      log(request, refused('VALIDATION_FAILED', reason));
      answer(socket, '400 Bad Request', reason);
    });
  });
}
