import { type Background, roomOfDevice, roomOfUser } from '@ringline/engine';
import type { Logger, Metrics } from '@ringline/platform';
import type { Origins } from '../identity/origins.ts';
import type { NoteRefusal } from '../identity/refusal-log.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { SocketAllowance } from '../limits/socket-allowance.ts';
import type { SocketsOfUser } from '../limits/sockets-of-user.ts';
import { boundBacklogs } from './backlog.ts';
import type { ClientEventHandlers } from './client-events.ts';
import { closeAtExpiry } from './expiry.ts';
import { guardConnections } from './handshake.ts';
import type { InitiatorWatch } from './initiators.ts';
import type { RinglineServer, RinglineSocket } from './io.ts';
import { createReceive } from './receive.ts';
import type { SyncQueue } from './sync-queue.ts';

export interface SocketParts {
  syncQueue: SyncQueue;
  initiators: InitiatorWatch;
  background: Background;
  logger: Logger;
  metrics: Metrics;
  origins: Origins;
  noteRefusal: NoteRefusal;
  verifyToken: TokenVerifier;
  socketsOfUser: SocketsOfUser;
  createAllowance: () => SocketAllowance;
  handlers: ClientEventHandlers;
}

/** Serves devices: who connects hears of their calls from then on, and first how these stand. `io` is attached already. */
export function serveSockets(io: RinglineServer, parts: SocketParts): void {
  const { syncQueue, initiators, background, metrics } = parts;

  // Into the rooms before the calls are loaded, so that nothing falls between.
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
      background.run('a client event', {}, () => receive(name, args)),
    );
    closeAtExpiry(socket);
    background.run('joining the rooms of a socket', {}, () => welcome(socket));
  });
}
