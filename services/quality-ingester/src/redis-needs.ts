import { needsToPublish } from '@ringline/engine';
import { needOnKeys, type RedisNeed } from '@ringline/platform';

const GROUP = 'group';

/** What an ingester asks of Redis. */
export const redisNeeds: readonly RedisNeed[] = [
  needsToPublish,
  needOnKeys(
    'MULTI, XGROUP, XINFO, XREADGROUP, XAUTOCLAIM, XACK, XDEL and DEL on the keys ringline:*',
    (key) => [
      ['xgroup', 'CREATE', key, GROUP, '0', 'MKSTREAM'],
      ['xreadgroup', 'GROUP', GROUP, 'consumer', 'COUNT', 1, 'STREAMS', key, '>'],
      ['xinfo', 'CONSUMERS', key, GROUP],
      ['xautoclaim', key, GROUP, 'consumer', 0, '0-0', 'COUNT', 1],
      ['xack', key, GROUP, '0-1'],
      ['xdel', key, '0-1'],
      ['xgroup', 'DELCONSUMER', key, GROUP, 'consumer'],
      ['del', key],
    ],
  ),
];
