import { isOnOtherDevice } from '@ringline/domain';
import { createOrigin, type Engine, roomOfUser, runCommand } from '@ringline/engine';
import { type Resource, runRepeatedly } from '@ringline/platform';
import type { UnansweredInitiator } from '@ringline/store';
import type { RinglineServer, RinglineSocket } from './io.ts';

const EVERY_MS = 1000;

/** A device that has lost a socket at this replica. */
interface LostDevice {
  userId: string;
  /** Null for a device without an id, which counts as a new device with each connection. */
  deviceId: string | null;
  silentMs: number;
}

/**
 * Reports whether the initiators of unanswered calls have a socket. The state machine decides what
 * follows.
 */
export interface InitiatorWatch extends Resource {
  /**
   * Handles a closed socket, with the reason of Socket.IO. Reports it soon, and retries until
   * Postgres has stored it.
   */
  lost(socket: RinglineSocket, reason: string): void;
}

function getDeviceId({ id, data: { deviceId } }: RinglineSocket): string | null {
  return deviceId === id ? null : deviceId;
}

/**
 * An initiator may have other sockets at any replica. So a replica that loses a socket reports the
 * device as disconnected, and each replica checks once a second whether it has a socket of a
 * reported device, which then counts as connected again. A second is much shorter than the grace
 * period. This needs no Redis, and the order of reports does not matter.
 */
export function watchInitiators(io: RinglineServer, engine: Engine): InitiatorWatch {
  const { store, logger } = engine;
  const lostDevices = new Map<string, LostDevice>();

  const hasSocketHere = (initiator: UnansweredInitiator): boolean => {
    const { adapter, sockets } = io.of('/');
    const ids = [...(adapter.rooms.get(roomOfUser(initiator.userId)) ?? [])];
    return ids.some((id) => {
      const socket = sockets.get(id);
      return socket !== undefined && !isOnOtherDevice(initiator, getDeviceId(socket));
    });
  };

  const reportLost = async (): Promise<void> => {
    if (lostDevices.size === 0) return;
    const lost = [...lostDevices.values()];
    const userIds = [...new Set(lost.map(({ userId }) => userId))];
    for (const initiator of await store.listUnansweredInitiators(userIds)) {
      const { callId, userId, deviceId } = initiator;
      const device = lost.find(
        (one) => one.userId === userId && !isOnOtherDevice(initiator, one.deviceId),
      );
      if (device === undefined || hasSocketHere(initiator)) continue;
      const { silentMs } = device;
      const command = { name: 'device_disconnected', userId, deviceId, silentMs } as const;
      await runCommand(engine, callId, command, createOrigin('socket'));
      logger.info('the initiator of an unanswered call has no socket', { callId, userId });
    }
    for (const [key, device] of lostDevices) if (lost.includes(device)) lostDevices.delete(key);
  };

  const reportReconnected = async (): Promise<void> => {
    for (const initiator of await store.listDisconnectedInitiators()) {
      if (!hasSocketHere(initiator)) continue;
      const { callId, userId, deviceId } = initiator;
      const command = { name: 'device_connected', userId, deviceId } as const;
      await runCommand(engine, callId, command, createOrigin('socket'));
      logger.info('the initiator of an unanswered call has a socket again', { callId, userId });
    }
  };

  const run = async (): Promise<void> => {
    await reportLost();
    await reportReconnected();
  };
  const { name, close } = runRepeatedly({ name: 'initiators', everyMs: EVERY_MS, run }, logger);

  return {
    name,
    close,
    lost: (socket, reason) => {
      // When a replica stops, its devices connect to another one.
      if (reason === 'server shutting down') return;
      const { userId } = socket.data.person;
      const deviceId = getDeviceId(socket);
      const silentMs = reason === 'ping timeout' ? (io.engine.opts.pingTimeout ?? 0) : 0;
      lostDevices.set(JSON.stringify([userId, deviceId]), { userId, deviceId, silentMs });
    },
  };
}
