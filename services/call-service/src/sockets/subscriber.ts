import type { Logger, RedisClient } from '@ringline/platform';

const TRY_AGAIN_MS = 1000;

/** How the connection refuses a channel that it has not taken note of: one that it has, it sees to by itself. */
const NOT_NOTED = 'No sharded subscriber';

/**
 * What the adapter of Socket.IO hears by. The adapter does not wait for its subscriptions, and so for none of their
 * failures either: while a master of a cluster is away, each of its channels fails, and would end the process.
 */
export const createSubscriber = (redis: RedisClient, logger: Logger) => {
  const wanted = new Set<string>();

  const follow = async (channel: string): Promise<void> => {
    try {
      if (wanted.has(channel)) await redis.ssubscribe(channel);
      else await redis.sunsubscribe(channel);
    } catch (error) {
      logger.debug('a subscription must wait for Redis', { error });
      const isNoted = !(error instanceof Error && error.message.startsWith(NOT_NOTED));
      if (!isNoted) setTimeout(follow, TRY_AGAIN_MS, channel).unref();
    }
  };

  return {
    on: (event: string, listener: (channel: Buffer, message: Buffer) => void) =>
      redis.on(event, listener),
    ssubscribe: (channel: string): void => {
      wanted.add(channel);
      void follow(channel);
    },
    sunsubscribe: (channel: string): void => {
      wanted.delete(channel);
      void follow(channel);
    },
  };
};
