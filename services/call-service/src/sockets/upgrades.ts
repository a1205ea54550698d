import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { requestContext } from '@ringline/platform';
import type { NoteRefusal } from '../identity/refusal-log.ts';
import { type Refusal, refused } from '../result.ts';
import { type RinglineServer, SOCKET_PATH } from './io.ts';

/** As Engine.IO tells of a connection that it refuses; it answers with the message of the context, where there is one. */
interface ConnectionError {
  req: IncomingMessage;
  message: string;
  context: { name?: string; message?: string } | undefined;
}

/** Engine.IO's own words, or names for what it has no words of its own for, each with what to do about it. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['Transport unknown', "Only WebSockets are served: set transports to ['websocket']."],
  [
    'TRANSPORT_HANDSHAKE_ERROR',
    'This request is no upgrade to a WebSocket: a proxy may have removed the header Upgrade.',
  ],
  ['INVALID_ORIGIN', 'The header Origin holds characters that no header may.'],
  ['Session ID unknown', 'No connection of this sid is here.'],
  ['Bad handshake method', 'A connection begins with GET.'],
  [
    'Unsupported protocol version',
    'The client is too old: Socket.IO 3 or newer is served (EIO=4).',
  ],
]);

function answer(socket: Duplex, status: string, message: string): void {
  const headers = `Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message)}`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${message}`);
}

/**
 * Notes connections that are refused before they become one of Socket.IO, and tells the reason in the body of the answer.
 * Browsers show that to nobody, so whatever a page may do wrong is refused later (`handshake.ts`). `io` is attached already.
 */
export function noteRefusedUpgrades(
  io: RinglineServer,
  server: Server,
  noteRefusal: NoteRefusal,
): void {
  const note = (request: IncomingMessage, { refusal }: { refusal: Refusal }): void => {
    const { requestId } = requestContext(request.headers);
    const { origin } = request.headers;
    noteRefusal(refusal, { requestId, origin, address: request.socket.remoteAddress });
  };

  io.engine.on('connection_error', ({ req, message, context }: ConnectionError) => {
    const reason = REASONS.get(context?.name ?? message) ?? REASONS.get(message) ?? message;
    if (context !== undefined) context.message = reason;
    note(req, refused('VALIDATION_FAILED', reason));
  });

  server.on('upgrade', (request, socket) => {
    if (request.url?.startsWith(`${SOCKET_PATH}/`)) return;
    const reason = `There is no WebSocket at this address; Socket.IO is at ${SOCKET_PATH}/.`;
    note(request, refused('CALL_NOT_FOUND', reason));
    answer(socket, '404 Not Found', reason);
  });

  // Engine.IO makes the server of WebSockets anew when it begins to listen.
  server.on('listening', () => {
    const { ws } = io.engine as unknown as { ws: NodeJS.EventEmitter };
    ws.on('wsClientError', (error: Error, socket: Duplex, request: IncomingMessage) => {
      const reason = `This is no handshake of a WebSocket: ${error.message}.`;
      note(request, refused('VALIDATION_FAILED', reason));
      answer(socket, '400 Bad Request', reason);
    });
  });
}
