import { atMostOften, type Logger, within } from '@ringline/platform';
import type { OutboxMessage } from '@ringline/store';
import type { Server } from 'socket.io';
import { getPublish } from './adapter.ts';

/** Publishes to devices. Publishing does not guarantee delivery: clients catch up by `seq`. */
export interface Publisher {
  /**
   * Resolves once Redis has accepted all messages. Rejects if Redis refuses any or does not answer
   * in time: then only the sockets of this process are sure to receive them.
   */
  publish(messages: readonly OutboxMessage[]): Promise<void>;
  /** False while there is no connection to Redis, so that publishing would fail. */
  reachesAll(): boolean;
}

/**
 * The Redis adapter takes room names of this length for socket ids, and publishes to them by a
 * channel that all replicas subscribe to. With user ids of one length, that could be every message.
 */
const LENGTH_OF_SOCKET_IDS = 20;

function roomNamed(name: string): string {
  return name.length === LENGTH_OF_SOCKET_IDS ? `room:${name}` : name;
}

export function roomOfUser(userId: string): string {
  return roomNamed(`user:${userId}`);
}

/**
 * Users choose the ids of their devices. Without the replacement, a colon in an id could lead into
 * the room of another user. User ids have no slash. Without a colon, the name equals that of 0.1.0.
 */
export function roomOfDevice(userId: string, deviceId: string): string {
  return roomNamed(`device:${userId.replaceAll(':', '/')}:${deviceId}`);
}

/** A little longer than the timeout of a Redis command. */
const TIMEOUT_MS = 3000;
const REPORT_EVERY_MS = 30_000;

/** Each user has a room, so that only the replicas with sockets of the user receive the message. */
function emit(io: Server, { event, payload, to, exceptDevice }: OutboxMessage): void {
  for (const userId of to) {
    const target = io.to(roomOfUser(userId));
    const recipients =
      exceptDevice === undefined
        ? target
        : target.except(roomOfDevice(exceptDevice.userId, exceptDevice.deviceId));
    recipients.emit(event, payload);
  }
}

/** Publishes through a Socket.IO server with our adapter, which may itself have no clients. */
export function createPublisher(io: Server, reachesAll: () => boolean, logger: Logger): Publisher {
  const report = atMostOften(REPORT_EVERY_MS);
  return {
    async publish(messages) {
      const accepted = getPublish(io)(() => {
        for (const message of messages) emit(io, message);
      });
      try {
        await within(TIMEOUT_MS, accepted);
      } catch (error) {
        // Without a connection, the log already says so.
        if (reachesAll()) {
          report.now((failures) =>
            logger.warn('Redis did not accept messages', { failures, error }),
          );
        }
        throw error;
      }
    },
    reachesAll,
  };
}
