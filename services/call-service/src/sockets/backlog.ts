import type { Logger, Metrics } from '@ringline/platform';
import type { RinglineServer, RinglineSocket } from './io.ts';

/**
 * How much may wait for one client that reads slower than we send. A client that is this far behind is better off with
 * a new connection, on which it is told how its calls stand. The largest single message is an answer to `call:sync` that
 * names 50 calls; it is far below this, and in any case one message of any size may wait.
 */
const MAX_WAITING_BYTES = 1_000_000;

type Connection = RinglineSocket['conn'];

/** The parts of a packet of Engine.IO that take memory. */
interface Packet {
  data?: string | Buffer;
  /** A broadcast is encoded once, for all sockets that it goes to. */
  options?: { wsPreEncodedFrame?: readonly Buffer[] };
}

/** The transport is always a WebSocket: we allow no other. Its type does not show the socket of `ws` that it has. */
function getWebSocket({ transport }: Connection): { bufferedAmount: number; terminate(): void } {
  return (transport as unknown as { socket: ReturnType<typeof getWebSocket> }).socket;
}

function getSize({ data, options }: Packet): number {
  const frame = options?.wsPreEncodedFrame;
  if (frame !== undefined) return frame.reduce((sum, { length }) => sum + length, 0);
  return data === undefined ? 0 : Buffer.byteLength(data);
}

/**
 * Calls `tooMuch` with the number of bytes once more is sent to a client for which too much waits already. Packets wait in
 * Engine.IO until `ws` has handed the previous ones to the kernel, and in `ws` until then.
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
 * Bounds what waits for each client, and gives up on one that does not read. Its connection is cut, not closed: a close
 * frame would wait behind everything else, and all of it would stay in memory.
 */
export function boundBacklogs(
  io: RinglineServer,
  { metrics, logger }: { metrics: Metrics; logger: Logger },
): void {
  const userOf = (connection: Connection): string | undefined =>
    [...io.of('/').sockets.values()].find(({ conn }) => conn === connection)?.data.person.userId;

  io.engine.on('connection', (connection: Connection) => {
    watchBacklog(connection, (bytes) => {
      metrics.unreadSocketsClosed.inc();
      logger.warn('closed a socket whose client does not read', {
        userId: userOf(connection),
        bytes,
      });
      getWebSocket(connection).terminate();
    });
    // A client that answers no ping answers no close frame either, for which `ws` would wait another 30 seconds.
    connection.on('close', (reason: string) => {
      if (reason === 'ping timeout') getWebSocket(connection).terminate();
    });
  });
}
