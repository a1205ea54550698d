import { createOrigin, type Engine, roomOfUser, runCommand } from '@ringline/engine';
import type { Resource } from '@ringline/platform';
import type { UnansweredInitiator } from '@ringline/store';
import { regularly } from '../regularly.ts';
import type { RinglineServer, RinglineSocket } from './io.ts';

const EVERY_MS = 1000;

/** A device that has lost a socket here. */
interface LostDevice {
  userId: string;
  /** Null for one without a name of its own: it connects as another device each time. */
  deviceId: string | null;
  silentMs: number;
}

/** Tells unanswered calls whether their initiators have a socket. The machine decides what follows from that. */
export interface InitiatorWatch extends Resource {
  /** A socket was closed, for this reason of Socket.IO's. Told soon, and until Postgres has taken it. */
  lost(socket: RinglineSocket, reason: string): void;
}

function getDeviceName({ id, data: { deviceId } }: RinglineSocket): string | null {
  return deviceId === id ? null : deviceId;
}

/** Whether a device may be the one with which somebody is in a call: no name fits every name. */
function fits(deviceId: string | null, initiator: UnansweredInitiator): boolean {
  return deviceId === null || initiator.deviceId === null || deviceId === initiator.deviceId;
}

/**
 * Any replica may have an initiator's other sockets. So a replica that loses one reports the device as disconnected,
 * and each replica looks once a second whether it has a socket of somebody who was reported. This takes longer than
 * the report, but much less than the grace period, needs no Redis, and holds in whatever order reports come.
 */
export function watchInitiators(io: RinglineServer, engine: Engine): InitiatorWatch {
  const { store, logger } = engine;
  const lostDevices = new Map<string, LostDevice>();

  const hasSocketHere = (initiator: UnansweredInitiator): boolean => {
    const { adapter, sockets } = io.of('/');
    const ids = [...(adapter.rooms.get(roomOfUser(initiator.userId)) ?? [])];
    return ids.some((id) => {
      const socket = sockets.get(id);
      return socket !== undefined && fits(getDeviceName(socket), initiator);
    });
  };

  const reportLost = async (): Promise<void> => {
    if (lostDevices.size === 0) return;
    const lost = [...lostDevices.values()];
    const userIds = [...new Set(lost.map(({ userId }) => userId))];
    for (const initiator of await store.listUnansweredInitiators(userIds)) {
      const { callId, userId, deviceId } = initiator;
      const device = lost.find((one) => one.userId === userId && fits(one.deviceId, initiator));
      if (device === undefined || hasSocketHere(initiator)) continue;
      const { silentMs } = device;
      const command = { name: 'device_disconnected', userId, deviceId, silentMs } as const;
      await runCommand(engine, callId, command, createOrigin('socket'));
      logger.info('the initiator of an unanswered call has no socket', { callId, userId });
    }
    for (const [key, device] of lostDevices) if (lost.includes(device)) lostDevices.delete(key);
  };

  const reportBack = async (): Promise<void> => {
    for (const initiator of await store.listDisconnectedInitiators()) {
      if (!hasSocketHere(initiator)) continue;
      const { callId, userId, deviceId } = initiator;
      const command = { name: 'device_connected', userId, deviceId } as const;
      await runCommand(engine, callId, command, createOrigin('socket'));
      logger.info('the initiator of an unanswered call has a socket again', { callId, userId });
    }
  };

  const { close } = regularly('initiators of unanswered calls', EVERY_MS, logger, async () => {
    await reportLost();
    await reportBack();
  });

  return {
    name: 'initiators of unanswered calls',
    close,
    lost: (socket, reason) => {
      // A replica that ends says nothing of a device, which connects to another one.
      if (reason === 'server shutting down') return;
      const { userId } = socket.data.person;
      const deviceId = getDeviceName(socket);
      const silentMs = reason === 'ping timeout' ? (io.engine.opts.pingTimeout ?? 0) : 0;
      lostDevices.set(JSON.stringify([userId, deviceId]), { userId, deviceId, silentMs });
    },
  };
}
