import type { RedisClient } from '@ringline/platform';
import type { RinglineServer } from './io.ts';
import type { SyncQueue } from './sync-queue.ts';

/** A node that is connected again, and a cluster whose subscriptions have moved. */
const RETURNS = ['ready', 'subscribersReady'];
/** The subscriptions are renewed right after these. */
const RENEWAL_MS = 1000;

/**
 * Syncs all devices here when Redis is back. What other replicas published meanwhile came to none of them, and a device
 * that knows no call does not ask: one of a user who is in a call elsewhere by now, for example.
 */
export function syncWhenRedisReturns(
  io: RinglineServer,
  subscribe: RedisClient,
  syncQueue: SyncQueue,
): void {
  let timer: NodeJS.Timeout | undefined;
  const syncAll = (): void => {
    for (const socket of io.of('/').sockets.values()) syncQueue.add(socket);
  };
  for (const event of RETURNS) {
    subscribe.on(event, () => {
      clearTimeout(timer);
      timer = setTimeout(syncAll, RENEWAL_MS).unref();
    });
  }
}
