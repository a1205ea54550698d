import type { Logger, Metrics } from '@ringline/platform';
import type { RinglineServer, RinglineSocket } from './io.ts';

/**
 * The most bytes that may wait for a client that reads slowly. A client that is this far behind
 * gets the state of its calls faster over a new connection. The largest message, a `call:sync` of
 * 50 calls, is far smaller. One message of any size may wait.
 */
const MAX_WAITING_BYTES = 1_000_000;

type Connection = RinglineSocket['conn'];

/** The parts of an Engine.IO packet that take memory. */
interface Packet {
  data?: string | Buffer;
  /** A broadcast is encoded once, for all its sockets. */
  options?: { wsPreEncodedFrame?: readonly Buffer[] };
}

/** The only transport is WebSocket. Its type hides the socket of `ws`. */
function getWebSocket({ transport }: Connection): { bufferedAmount: number; terminate(): void } {
  return (transport as unknown as { socket: ReturnType<typeof getWebSocket> }).socket;
}

function getSize({ data, options }: Packet): number {
  const frame = options?.wsPreEncodedFrame;
  if (frame !== undefined) return frame.reduce((sum, { length }) => sum + length, 0);
  return data === undefined ? 0 : Buffer.byteLength(data);
}

/**
 * Calls `tooMuch` with the number of waiting bytes when a packet is sent above the limit. Packets
 * wait in `ws` until the kernel has taken them, and later ones wait in Engine.IO meanwhile.
 */
function watchBacklog(connection: Connection, tooMuch: (bytes: number) => void): void {
  let queued = 0;
  const add = (packet: Packet): void => {
    const bytes = queued + getWebSocket(connection).bufferedAmount;
    queued += getSize(packet);
    if (bytes <= MAX_WAITING_BYTES) return;
    connection.off('packetCreate', add);
    tooMuch(bytes);
  };
  connection.on('packetCreate', add);
  connection.on('flush', () => {
    queued = 0;
  });
}

/**
 * Limits the data that waits for each client. Terminates the connection of a client that does not
 * read, since a close frame would wait behind all other data, which would stay in memory.
 */
export function boundBacklogs(
  io: RinglineServer,
  { metrics, logger }: { metrics: Metrics; logger: Logger },
): void {
  const findUserId = (connection: Connection): string | undefined =>
    [...io.of('/').sockets.values()].find(({ conn }) => conn === connection)?.data.person.userId;

  io.engine.on('connection', (connection: Connection) => {
    watchBacklog(connection, (bytes) => {
      metrics.unreadSocketsClosed.inc();
      logger.warn('closed a socket whose client does not read', {
        userId: findUserId(connection),
        bytes,
      });
      getWebSocket(connection).terminate();
    });
    // A client that does not answer pings does not answer a close frame either, for which `ws`
    // would wait another 30 seconds.
    connection.on('close', (reason: string) => {
      if (reason === 'ping timeout') getWebSocket(connection).terminate();
    });
  });
}
