import { atMostOften, type Logger, within } from '@ringline/platform';
import type { OutboxMessage } from '@ringline/store';
import type { Server } from 'socket.io';
import { getPublish } from './adapter.ts';

/** Tells devices. Nothing that is published counts as delivered (DESIGN.md, Commit and publish). */
export interface Publisher {
  /**
   * Resolves once Redis has taken all of it. Rejects where it refuses some, or does not answer in time: then the sockets of
   * other replicas may not hear of it. Those of this process do.
   */
  publish(messages: readonly OutboxMessage[]): Promise<void>;
  /** Whether it is worth while to publish: false while there is no connection to Redis. */
  reachesAll(): boolean;
}

/**
 * The Redis adapter takes a name of so many characters for the id of a socket, and sends what is meant for it by one
 * channel to all replicas: of users whose ids are of one length, that may be all of them.
 */
const LENGTH_OF_SOCKET_IDS = 20;

function roomNamed(name: string): string {
  return name.length === LENGTH_OF_SOCKET_IDS ? `room:${name}` : name;
}

export function roomOfUser(userId: string): string {
  return roomNamed(`user:${userId}`);
}

/**
 * Users choose the ids of their devices: the colon behind the user id must be the first one, or some could listen in the room of
 * others. No user id has a slash, and most have no colon either, so that the name is the one that 0.1.0 gave.
 */
export function roomOfDevice(userId: string, deviceId: string): string {
  return roomNamed(`device:${userId.replaceAll(':', '/')}:${deviceId}`);
}

/** A little more than a command to Redis may take. */
const LONGEST_MS = 3000;
const REPORT_EVERY_MS = 30_000;

/** Each user is addressed by a room of their own, so that only the replicas where they are hear of it. */
function emit(io: Server, { event, payload, to, exceptDevice }: OutboxMessage): void {
  for (const userId of to) {
    const target = io.to(roomOfUser(userId));
    const spared =
      exceptDevice === undefined
        ? target
        : target.except(roomOfDevice(exceptDevice.userId, exceptDevice.deviceId));
    spared.emit(event, payload);
  }
}

/** Publishes through a Socket.IO server with our adapter, which may itself have no clients. */
export function createPublisher(io: Server, reachesAll: () => boolean, logger: Logger): Publisher {
  const report = atMostOften(REPORT_EVERY_MS);
  return {
    async publish(messages) {
      const taken = getPublish(io)(() => {
        for (const message of messages) emit(io, message);
      });
      try {
        await within(LONGEST_MS, taken);
      } catch (error) {
        // While there is no connection, the log says so already.
        if (reachesAll()) {
          report.now((failures) =>
            logger.warn('Redis did not take what was published', { failures, error }),
          );
        }
        throw error;
      }
    },
    reachesAll,
  };
}
