import type { RedisNeed } from '@ringline/platform';

/** Of the form that Socket.IO's adapter gives the channels of our rooms. */
function channelNamed(name: string): string {
  return `socket.io#/#ringline:probe:${name}#`;
}

/** How every process tells the devices. */
export const needsToPublish: RedisNeed = {
  what: 'SPUBLISH to the channels socket.io#*',
  attempt: (client, name) => client.spublish(channelNamed(name), ''),
};

/** How a call service hears what its devices are to be told. */
export const needsToSubscribe: RedisNeed = {
  what: 'SSUBSCRIBE and SUNSUBSCRIBE for the channels socket.io#*',
  attempt: async (client, name) => {
    await client.ssubscribe(channelNamed(name));
    await client.sunsubscribe(channelNamed(name));
  },
};
