import type { Person } from '@ringline/domain';
import { createAdapter } from '@ringline/engine';
import type { Logger, RedisClient } from '@ringline/platform';
import { Server, type Socket } from 'socket.io';
import { createSubscriber } from './subscriber.ts';

/** The user of a socket, and when their token expires. */
export interface SocketOwner {
  person: Person;
  deviceId: string;
  /** The token's `exp`, in milliseconds. */
  expiresAt: number;
}

// biome-ignore lint/plugin: a type of Socket.IO's, and never an object.
type Events = Record<string, (...args: unknown[]) => void>;
export type RinglineServer = Server<Events, Events, Events, SocketOwner>;
export type RinglineSocket = Socket<Events, Events, Events, SocketOwner>;

export const SOCKET_PATH = '/socket.io';

/** A relayed payload may have 64 KiB. A larger message than this closes the connection. */
const LARGEST_MESSAGE = 100_000;

/** Time for the handshake, in which a client may have to fetch its token. */
const HANDSHAKE_MS = 10_000;

/**
 * Both sides detect a dead connection within eleven seconds, so the device reconnects before the
 * user notices.
 */
const HEARTBEAT_MS = 6_000;
const HEARTBEAT_ANSWER_MS = 5_000;

/**
 * Creates the Socket.IO server, which is not attached yet. WebSocket only, since long polling fails
 * on replicas without sticky sessions. The Origin is checked after the upgrade, since browsers hide
 * from pages why an upgrade was refused. `subscribe` needs an offline queue, `publish` must not
 * have one.
 */
export function createIo(
  publish: RedisClient,
  subscribe: RedisClient,
  logger: Logger,
): RinglineServer {
  return new Server({
    path: SOCKET_PATH,
    transports: ['websocket'],
    serveClient: false,
    maxHttpBufferSize: LARGEST_MESSAGE,
    connectTimeout: HANDSHAKE_MS,
    pingInterval: HEARTBEAT_MS,
    pingTimeout: HEARTBEAT_ANSWER_MS,
    adapter: createAdapter(publish, createSubscriber(subscribe, logger)),
  });
}
