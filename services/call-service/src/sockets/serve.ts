import { roomOfDevice, roomOfUser } from '@ringline/engine';
import type { Metrics } from '@ringline/platform';
import type { RunAct } from '../acts/table.ts';
import type { SocketAllowance } from '../limits/socket-allowance.ts';
import { boundBacklogs } from './backlog.ts';
import { closeAtExpiry } from './expiry.ts';
import { type GuardParts, guardConnections } from './handshake.ts';
import type { InitiatorWatch } from './initiators.ts';
import type { RinglineServer, RinglineSocket } from './io.ts';
import { createReceive } from './receive.ts';
import type { SyncQueue } from './sync-queue.ts';

export interface SocketParts extends GuardParts {
  runAct: RunAct;
  syncQueue: SyncQueue;
  initiators: InitiatorWatch;
  metrics: Metrics;
  createAllowance: () => SocketAllowance;
}

/**
 * Serves devices. A device receives the state of its calls when it connects, and their events from
 * then on. `io` must be attached.
 */
export function serveSockets(io: RinglineServer, parts: SocketParts): void {
  const { syncQueue, initiators, backgroundTasks, metrics } = parts;

  // The socket joins its rooms before its calls are loaded, so that no event is lost in between.
  const welcome = async (socket: RinglineSocket): Promise<void> => {
    const { person, deviceId } = socket.data;
    await socket.join([roomOfUser(person.userId), roomOfDevice(person.userId, deviceId)]);
    syncQueue.add(socket);
  };

  boundBacklogs(io, parts);
  guardConnections(io, parts);
  io.on('connection', (socket) => {
    metrics.sockets.inc();
    socket.on('disconnect', (reason) => {
      metrics.sockets.dec();
      syncQueue.remove(socket);
      initiators.lost(socket, reason);
    });
    const receive = createReceive(socket, parts);
    socket.onAny((name: string, ...args: unknown[]) =>
      backgroundTasks.run('a client event', {}, () => receive(name, args)),
    );
    closeAtExpiry(socket);
    backgroundTasks.run('joining the rooms of a socket', {}, () => welcome(socket));
  });
}
