import type { CallServiceConfig, Resource } from '@ringline/platform';
import { ok, type Result } from '../result.ts';
import { askRedis, type LimitParts, tooMany } from './ask-redis.ts';
import { createExpiringSets } from './expiring-set.ts';
import { LIFETIME_MS, startHeartbeat } from './heartbeat.ts';

const LIMIT = 'sockets';

/** A place that is not renewed is free after this time, even if its replica is alive. */
const LEASE_SECONDS = 90;
const RENEW_MS = 30_000;

/** After this time the places of a replica that has just died are free. */
const RETRY_AFTER_SECONDS = LIFETIME_MS / 1000;

/** Limits the sockets that one user has at a time, on all replicas together. */
export interface SocketsOfUser extends Resource {
  /** Takes a place for a socket, or refuses. The function in the result frees the place. */
  take(userId: string, socketId: string): Promise<Result<() => Promise<void>>>;
}

const UNLIMITED: SocketsOfUser = {
  name: 'places of sockets',
  close: async () => undefined,
  take: async () => ok(async () => undefined),
};

/**
 * Replica ids contain no slash. Members of processes of 0.1 are socket ids only, and expire with
 * the lease.
 */
function toMember(replicaId: string, socketId: string): string {
  return `${replicaId}/${socketId}`;
}
function parseReplicaId(member: string): string | undefined {
  return member.includes('/') ? member.split('/')[0] : undefined;
}

export function createSocketsOfUser(
  parts: LimitParts,
  { socketsPerUser }: CallServiceConfig['rateLimits'],
): SocketsOfUser {
  if (socketsPerUser === 0) return UNLIMITED;
  const places = createExpiringSets(parts.redis, LIMIT, LEASE_SECONDS);
  /** The places of this replica, each with its user. */
  const taken = new Map<string, string>();

  const heartbeat = startHeartbeat(parts, async () => {
    for (const [member, userId] of taken) await places.add(userId, member);
  });

  /**
   * Frees the places of dead replicas, and own places that could not be freed while Redis was away.
   */
  const dropAbandoned = async (userId: string): Promise<void> => {
    const members = await places.members(userId);
    const replicaIds = new Set(members.map(parseReplicaId).filter((id) => id !== undefined));
    replicaIds.delete(heartbeat.replicaId);
    const dead = await heartbeat.findDead(replicaIds);
    const isAbandoned = (member: string): boolean => {
      const replicaId = parseReplicaId(member);
      if (replicaId === undefined) return false;
      return replicaId === heartbeat.replicaId ? !taken.has(member) : dead.has(replicaId);
    };
    await places.remove(userId, ...members.filter(isAbandoned));
  };

  const findPlace = async (userId: string, member: string): Promise<boolean> => {
    if (await places.add(userId, member, socketsPerUser)) return true;
    await dropAbandoned(userId);
    return places.add(userId, member, socketsPerUser);
  };

  const keepRenewing = (userId: string, member: string): (() => Promise<void>) => {
    const renew = () => askRedis(parts, LIMIT, () => places.add(userId, member), true);
    const timer = setInterval(renew, RENEW_MS);
    return async () => {
      clearInterval(timer);
      taken.delete(member);
      await askRedis(parts, LIMIT, () => places.remove(userId, member), undefined);
    };
  };

  return {
    name: 'places of sockets',
    close: heartbeat.close,
    async take(userId, socketId) {
      const member = toMember(heartbeat.replicaId, socketId);
      taken.set(member, userId);
      if (await askRedis(parts, LIMIT, () => findPlace(userId, member), true)) {
        return ok(keepRenewing(userId, member));
      }
      taken.delete(member);
      parts.metrics.rateLimitRefusals.inc({ limit: LIMIT });
      parts.logger.warn('a limit was reached', { limit: LIMIT, key: userId });
      return { refusal: tooMany('connections at a time', RETRY_AFTER_SECONDS) };
    },
  };
}
