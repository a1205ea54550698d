import type { Person } from '@ringline/domain';
import { createAdapter } from '@ringline/engine';
import type { Logger, RedisClient } from '@ringline/platform';
import { Server, type Socket } from 'socket.io';
import { createSubscriber } from './subscriber.ts';

/** Who is behind a socket, and until when. */
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

/** A relayed payload may have 64 KiB; what is larger than this closes the connection. */
const LARGEST_MESSAGE = 100_000;

/** Time for a connection to become a socket of somebody; a client may fetch its token only then. */
const HANDSHAKE_MS = 10_000;

/**
 * How often a device is asked whether it is there, and how long its answer may take: after eleven seconds at most both sides
 * know that a path has died without a word, and the device is back before the person notices.
 */
const HEARTBEAT_MS = 6_000;
const HEARTBEAT_ANSWER_MS = 5_000;

/**
 * The Socket.IO server, not attached yet. WebSocket only: long polling breaks on replicas without sticky
 * sessions. Whose page connects is looked at once it has: a browser tells its page nothing of an upgrade that was refused.
 * `subscribe` must be a patient connection, `publish` an impatient one.
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
