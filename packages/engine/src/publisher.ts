import type { OutboxMessage } from '@ringline/store';
import type { Server } from 'socket.io';

/** Tells devices. Nothing that is published counts as delivered (DESIGN.md, Commit and publish). */
export interface Publisher {
  publish(messages: readonly OutboxMessage[]): void;
  /** Whether what is published now reaches the other replicas' sockets. */
  reachesAll(): boolean;
}

/**
 * The Redis adapter takes a name of so many characters for the id of a socket, and sends what is meant for it by one
 * channel to all replicas: of users whose ids are of one length, that may be all of them.
 */
const LENGTH_OF_SOCKET_IDS = 20;

const roomNamed = (name: string): string =>
  name.length === LENGTH_OF_SOCKET_IDS ? `room:${name}` : name;

export const roomOfUser = (userId: string): string => roomNamed(`user:${userId}`);

/**
 * Users choose the ids of their devices: the colon behind the user id must be the first one, or some could listen in the room of
 * others. No user id has a slash, and most have no colon either, so that the name is the one that 0.1.0 gave.
 */
export const roomOfDevice = (userId: string, deviceId: string): string =>
  roomNamed(`device:${userId.replaceAll(':', '/')}:${deviceId}`);

/**
 * Publishes through a Socket.IO server with the Redis adapter, which may itself have no clients. Each user
 * is addressed by a room of their own, so that only the replicas where they are hear of it.
 */
export const createPublisher = (io: Server, reachesAll: () => boolean): Publisher => ({
  publish(messages) {
    for (const { event, payload, to, exceptDevice } of messages) {
      for (const userId of to) {
        const target = io.to(roomOfUser(userId));
        const spared =
          exceptDevice === undefined
            ? target
            : target.except(roomOfDevice(exceptDevice.userId, exceptDevice.deviceId));
        spared.emit(event, payload);
      }
    }
  },
  reachesAll,
});
