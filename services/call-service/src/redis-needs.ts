import { needsToPublish } from '@ringline/engine';
import { needOnKeys, type RedisNeed } from '@ringline/platform';

/** The commands in the scripts of the limits, ours and those of rate-limiter-flexible. */
const COUNT = `
  redis.call('set', KEYS[1], 0, 'EX', 10, 'NX')
  redis.call('incrby', KEYS[1], 1)
  redis.call('pttl', KEYS[1])
  redis.call('del', KEYS[1])
  redis.call('zadd', KEYS[1], 1, 'member')
  redis.call('pexpireat', KEYS[1], ARGV[1])
  redis.call('zremrangebyscore', KEYS[1], '-inf', 0)
  redis.call('zscore', KEYS[1], 'member')
  return redis.call('zcard', KEYS[1])
`;

/** Every command of a call service, except for its subscriptions. */
export const redisNeeds: readonly RedisNeed[] = [
  needsToPublish,
  needOnKeys('EVAL, SET, EXISTS, ZRANGE, ZREM and DEL on the keys ringline:*', (key) => [
    ['eval', COUNT, 1, key, Date.now() + 10_000],
    ['zrange', key, 0, -1],
    ['zrem', key, 'member'],
    ['set', key, 1, 'EX', 10],
    ['exists', key],
    ['del', key],
  ]),
  needOnKeys('MULTI, XADD and XTRIM on the keys ringline:*', (key) => [
    ['xadd', key, '*', 'sample', 'none'],
    ['xtrim', key, 'MAXLEN', '=', 0],
    ['del', key],
  ]),
];
