import type { RedisClient } from '@ringline/platform';
import type { RinglineServer } from './io.ts';
import type { SyncQueue } from './sync-queue.ts';

/** Emitted when a node has reconnected, or a cluster has moved its subscriptions. */
const RETURNS = ['ready', 'subscribersReady'];
/** The subscriptions are renewed right after these events. */
const RENEWAL_MS = 1000;

/**
 * Syncs all devices of this replica when Redis is back. They missed what other replicas published
 * meanwhile, and a device without a known call does not request a sync.
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
