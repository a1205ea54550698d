import { atMostOften, type Logger, type RedisClient } from '@ringline/platform';

const TRY_AGAIN_MS = 1000;
/** For a channel that Redis forbids: its rights may be changed. */
const TRY_FORBIDDEN_AGAIN_MS = 10_000;
const REPORT_EVERY_MS = 30_000;

/** How the connection refuses a channel that it has not taken note of: one that it has, it sees to by itself. */
const NOT_NOTED = 'No sharded subscriber';
const FORBIDDEN = 'NOPERM';

function begins(error: unknown, text: string): boolean {
  return error instanceof Error && error.message.startsWith(text);
}

/**
 * What the adapter of Socket.IO hears by. The adapter does not wait for its subscriptions, and so for none of their
 * failures either: while a master of a cluster is away, each of its channels fails, and would end the process. `redis` must
 * not subscribe to a node again by itself.
 */
export function createSubscriber(redis: RedisClient, logger: Logger) {
  const wanted = new Set<string>();
  const report = atMostOften(REPORT_EVERY_MS);

  const follow = async (channel: string): Promise<void> => {
    try {
      if (wanted.has(channel)) await redis.ssubscribe(channel);
      else await redis.sunsubscribe(channel);
    } catch (error) {
      logger.debug('a subscription must wait for Redis', { error });
      if (begins(error, FORBIDDEN)) {
        report.now((channels) =>
          logger.error('Redis forbids a channel, whose devices here hear nothing', {
            channels,
            error,
          }),
        );
        setTimeout(follow, TRY_FORBIDDEN_AGAIN_MS, channel).unref();
      } else if (begins(error, NOT_NOTED)) setTimeout(follow, TRY_AGAIN_MS, channel).unref();
    }
  };

  redis.on('ready', () => {
    for (const channel of wanted) void follow(channel);
  });

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
}
