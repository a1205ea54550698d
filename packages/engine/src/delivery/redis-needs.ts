import type { RedisNeed } from '@ringline/platform';

/** A channel name of the form that Socket.IO's adapter uses. */
function channelNamed(name: string): string {
  return `socket.io#/#ringline:probe:${name}#`;
}

/** Every process publishes to devices by these channels. */
export const needsToPublish: RedisNeed = {
  what: 'SPUBLISH to the channels socket.io#*',
  attempt: (client, name) => client.spublish(channelNamed(name), ''),
};

/** A call service receives messages for its devices by these channels. */
export const needsToSubscribe: RedisNeed = {
  what: 'SSUBSCRIBE and SUNSUBSCRIBE for the channels socket.io#*',
  attempt: async (client, name) => {
    await client.ssubscribe(channelNamed(name));
    await client.sunsubscribe(channelNamed(name));
  },
};
