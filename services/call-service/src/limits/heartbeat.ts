import { randomUUID } from 'node:crypto';
import { type Resource, runRepeatedly } from '@ringline/platform';
import type { LimitParts } from './ask-redis.ts';

const BEAT_MS = 1000;
/** Five beats, so that a busy event loop does not count as dead. */
export const LIFETIME_MS = 5000;

/** Shows the other replicas that this one is alive. */
export interface Heartbeat extends Resource {
  /** A random id of this process. */
  replicaId: string;
  /** Finds those of the replicas without a heartbeat for `LIFETIME_MS`. */
  findDead(replicaIds: Iterable<string>): Promise<Set<string>>;
}

function heartbeatKey(replicaId: string): string {
  return `ringline:replica:${replicaId}`;
}

/**
 * Starts at once. Calls `onExpired` after the key of this replica had expired, so that others may
 * have considered it dead: the process was frozen, or Redis was away or lost its data.
 */
export function startHeartbeat(
  { redis, logger }: LimitParts,
  onExpired: () => Promise<void>,
): Heartbeat {
  const replicaId = randomUUID();
  const key = heartbeatKey(replicaId);
  const run = async (): Promise<void> => {
    const previous = await redis.set(key, '1', 'PX', LIFETIME_MS, 'GET');
    if (previous === null) await onExpired();
  };
  const beats = runRepeatedly({ name: 'heartbeat', everyMs: BEAT_MS, run }, logger);

  // One command for each key, since a cluster has them on different nodes.
  async function findDead(replicaIds: Iterable<string>): Promise<Set<string>> {
    const dead = new Set<string>();
    await Promise.all(
      [...replicaIds].map(async (id) => {
        if ((await redis.exists(heartbeatKey(id))) === 0) dead.add(id);
      }),
    );
    return dead;
  }

  return {
    name: 'heartbeat',
    replicaId,
    findDead,
    async close() {
      await beats.close();
      await redis.del(key).catch((error: unknown) => {
        logger.debug('could not delete the heartbeat, which expires by itself', { error });
      });
    },
  };
}
