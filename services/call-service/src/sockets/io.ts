import type { Person } from '@ringline/domain';
import type { CallServiceConfig, Logger, RedisClient } from '@ringline/platform';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { Server, type Socket } from 'socket.io';
import { createSubscriber } from './subscriber.ts';

/** Who is behind a socket, and until when. */
export interface SocketOwner {
  person: Person;
  deviceId: string;
  /** The token's `exp`, in milliseconds. */
  expiresAt: number;
}

type Events = Record<string, (...args: unknown[]) => void>;
export type RinglineServer = Server<Events, Events, Events, SocketOwner>;
export type RinglineSocket = Socket<Events, Events, Events, SocketOwner>;

/** A relayed payload may have 64 KiB; what is larger than this closes the connection. */
const LARGEST_MESSAGE = 100_000;

/** Time for a connection to become a socket of somebody; a client may fetch its token only then. */
const HANDSHAKE_MS = 10_000;

/** A dead connection is noticed within ten seconds. */
const HEARTBEAT_MS = { pingInterval: 5000, pingTimeout: 5000 };

type Origins = CallServiceConfig['http']['corsOrigins'];

/**
 * Browsers let any page open a WebSocket, and say only whose it is: so we look. Who names no origin is no browser,
 * and could name whichever it liked.
 */
const mayConnect = (origins: Origins, origin: string | undefined): boolean =>
  origin === undefined || origins === '*' || origins.includes(origin);

/**
 * The Socket.IO server, not attached yet. WebSocket only: long polling breaks on replicas without sticky
 * sessions. `subscribe` must be a patient connection, `publish` an impatient one.
 */
export const createIo = (
  publish: RedisClient,
  subscribe: RedisClient,
  origins: Origins,
  logger: Logger,
): RinglineServer =>
  new Server({
    path: '/socket.io',
    transports: ['websocket'],
    serveClient: false,
    maxHttpBufferSize: LARGEST_MESSAGE,
    connectTimeout: HANDSHAKE_MS,
    ...HEARTBEAT_MS,
    allowRequest: ({ headers }, decide) => decide(null, mayConnect(origins, headers.origin)),
    adapter: createShardedAdapter(publish, createSubscriber(subscribe, logger)),
  });
