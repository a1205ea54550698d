import { needOnKeys } from '@ringline/platform';

const GROUP = 'group';

/** The commands of an ingester. */
export const needsToIngest = needOnKeys(
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
);
