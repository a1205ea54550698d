import type { CallServiceConfig } from '@ringline/platform';
import type { Refused } from '../answer.ts';
import { askRedis, type LimitParts, tooMany } from './ask-redis.ts';
import { createExpiringSets } from './expiring-set.ts';

const LIMIT = 'sockets';

/** A process that was killed takes its sockets' places with it for so long. */
const LEASE_SECONDS = 90;
const RENEW_MS = 30_000;

/** How soon it is worth another try: one of the others may go at any time. */
const RETRY_AFTER_SECONDS = 10;

/** How many sockets one user has at a time, on all replicas together. */
export interface SocketsOfUser {
  /** Takes a place for a socket that wants to connect; the refusal where there is none. */
  take(userId: string, socketId: string): Promise<Refused | null>;
  /** Holds the place of a socket that is connected, until the function that it returns is called. */
  hold(userId: string, socketId: string): () => Promise<void>;
}

const UNLIMITED: SocketsOfUser = {
  take: async () => null,
  hold: () => async () => undefined,
};

export const createSocketsOfUser = (
  parts: LimitParts,
  { socketsPerUser }: CallServiceConfig['rateLimits'],
): SocketsOfUser => {
  if (socketsPerUser === 0) return UNLIMITED;
  const places = createExpiringSets(parts.redis, LIMIT, LEASE_SECONDS);
  return {
    async take(userId, socketId) {
      const add = () => places.add(userId, socketId, socketsPerUser);
      if (await askRedis(parts, LIMIT, add, true)) return null;
      parts.metrics.rateLimitRefusals.inc({ limit: LIMIT });
      parts.logger.warn('a limit was reached', { limit: LIMIT, key: userId });
      return tooMany('connections at a time', RETRY_AFTER_SECONDS);
    },
    hold(userId, socketId) {
      const renew = () => askRedis(parts, LIMIT, () => places.add(userId, socketId), true);
      const timer = setInterval(renew, RENEW_MS);
      return async () => {
        clearInterval(timer);
        await askRedis(parts, LIMIT, () => places.remove(userId, socketId), undefined);
      };
    },
  };
};
