import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackgroundTasks } from '@ringline/engine';
import type { Logger } from '@ringline/platform';
import type { RinglineSocket } from './io.ts';
import { type SyncSources, sendSync } from './sync.ts';

/**
 * Fewer than the connections to Postgres, since acts need some when thousands of sockets reconnect
 * at once.
 */
const WORKERS = 4;
const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 1000;

/** The sockets that wait for a `call:sync` on the service's own initiative. */
export interface SyncQueue {
  /** Syncs the socket, and retries until it succeeds or the socket is closed. */
  add(socket: RinglineSocket): void;
  /** Removes a closed socket. */
  remove(socket: RinglineSocket): void;
}

/**
 * A few workers share the queue. A worker that fails puts its socket at the end and pauses, so
 * during an outage Postgres gets only a few requests a second, however many sockets wait.
 */
export function createSyncQueue(
  sources: SyncSources,
  backgroundTasks: BackgroundTasks,
  logger: Logger,
): SyncQueue {
  const waiting = new Set<RinglineSocket>();
  /**
   * Sockets whose sync failed. The log shows when the first one fails and the last one is synced.
   */
  const failed = new Set<RinglineSocket>();
  let workers = 0;

  const settle = (socket: RinglineSocket): void => {
    if (failed.delete(socket) && failed.size === 0) logger.info('sockets are synced again');
  };

  const putBack = (socket: RinglineSocket, error: unknown): void => {
    if (failed.size === 0) logger.warn('sockets wait to be synced', { error });
    failed.add(socket);
    waiting.add(socket);
  };

  const sync = async (socket: RinglineSocket): Promise<void> => {
    try {
      await sendSync(sources, socket);
      settle(socket);
    } catch (error) {
      if (socket.connected) putBack(socket, error);
      await sleep(randomInt(SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS));
    }
  };

  const work = async (): Promise<void> => {
    for (const socket of waiting) {
      waiting.delete(socket);
      await sync(socket);
    }
    workers -= 1;
  };

  return {
    add: (socket) => {
      if (!socket.connected) return;
      waiting.add(socket);
      if (workers === WORKERS) return;
      workers += 1;
      backgroundTasks.run('syncing sockets', {}, work);
    },
    remove: (socket) => {
      waiting.delete(socket);
      settle(socket);
    },
  };
}
