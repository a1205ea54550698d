import { randomUUID } from 'node:crypto';
import type { Resource } from '@ringline/platform';
import { regularly } from '../regularly.ts';
import type { LimitParts } from './ask-redis.ts';

const BEAT_MS = 1000;
/** Five beats: an event loop that is busy for a while is not taken for dead. */
export const LIFETIME_MS = 5000;

/** Shows the other replicas that this one is alive. */
export interface Heartbeat extends Resource {
  /** A random name of this process. */
  replicaId: string;
  /** Which of these replicas have shown no sign of life for `LIFETIME_MS`. */
  findDead(replicaIds: Iterable<string>): Promise<Set<string>>;
}

function heartbeatKey(replicaId: string): string {
  return `ringline:replica:${replicaId}`;
}

/**
 * Starts at once. `onForgotten` is called when others may have taken this replica for dead, since its key had expired: the
 * process was frozen, or Redis was away or lost its memory.
 */
export function startHeartbeat(
  { redis, logger }: LimitParts,
  onForgotten: () => Promise<void>,
): Heartbeat {
  const replicaId = randomUUID();
  const key = heartbeatKey(replicaId);
  const beats = regularly('heartbeat', BEAT_MS, logger, async () => {
    const previous = await redis.set(key, '1', 'PX', LIFETIME_MS, 'GET');
    if (previous === null) await onForgotten();
  });

  // One command for each key: in a cluster they are on different nodes.
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
        logger.debug('the heartbeat expires by itself', { error });
      });
    },
  };
}
