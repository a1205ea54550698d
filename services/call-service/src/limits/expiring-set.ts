import type { RedisClient } from '@ringline/platform';

/** Sets in Redis, shared by all replicas, whose members expire individually. */
export interface ExpiringSets {
  /**
   * Adds or renews a member. Returns false without adding it if the set already has `atMost`
   * others.
   */
  add(key: string, member: string, atMost?: number): Promise<boolean>;
  /** Lists the expiry times in epoch milliseconds, the earliest first. */
  expiries(key: string): Promise<number[]>;
  /** May include members that have just expired. */
  members(key: string): Promise<string[]>;
  remove(key: string, ...members: string[]): Promise<void>;
  clear(key: string): Promise<void>;
}

/**
 * Drops expired members and adds one if there is room. Atomic, so that two replicas do not both
 * take the last place.
 */
const ADD = `
  local now, expires, most, member = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
  redis.call('zremrangebyscore', KEYS[1], '-inf', now)
  local known = redis.call('zscore', KEYS[1], member)
  if not known and most >= 0 and redis.call('zcard', KEYS[1]) >= most then return 0 end
  redis.call('zadd', KEYS[1], expires, member)
  redis.call('pexpireat', KEYS[1], expires)
  return 1
`;
const ANY_NUMBER = -1;

export function createExpiringSets(
  redis: RedisClient,
  name: string,
  seconds: number,
): ExpiringSets {
  const keyOf = (key: string) => `ringline:${name}:${key}`;
  return {
    async add(key, member, atMost = ANY_NUMBER) {
      const now = Date.now();
      const added = await redis.eval(ADD, 1, keyOf(key), now, now + seconds * 1000, atMost, member);
      return added === 1;
    },
    async expiries(key) {
      const found = await redis.zrange(
        keyOf(key),
        `(${Date.now()}`,
        '+inf',
        'BYSCORE',
        'WITHSCORES',
      );
      return found.filter((_, index) => index % 2 === 1).map(Number);
    },
    members: (key) => redis.zrange(keyOf(key), 0, -1),
    async remove(key, ...members) {
      if (members.length > 0) await redis.zrem(keyOf(key), ...members);
    },
    async clear(key) {
      await redis.del(keyOf(key));
    },
  };
}
