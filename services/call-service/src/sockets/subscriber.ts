import { atMostOften, type Logger, type RedisClient } from '@ringline/platform';

const TRY_AGAIN_MS = 1000;
/** For a channel that Redis forbids, since the ACL may change. */
const TRY_FORBIDDEN_AGAIN_MS = 10_000;
const REPORT_EVERY_MS = 30_000;

/** The error for a channel that ioredis has not stored. It retries stored channels by itself. */
const NOT_STORED = 'No sharded subscriber';
const FORBIDDEN = 'NOPERM';

function begins(error: unknown, text: string): boolean {
  return error instanceof Error && error.message.startsWith(text);
}

/**
 * Manages the subscriptions of the Socket.IO adapter. The adapter does not await them, so a
 * failure, as while a master of a cluster is away, would end the process. `redis` must not
 * resubscribe by itself.
 */
export function createSubscriber(redis: RedisClient, logger: Logger) {
  const wanted = new Set<string>();
  const report = atMostOften(REPORT_EVERY_MS);

  const follow = async (channel: string): Promise<void> => {
    try {
      if (wanted.has(channel)) await redis.ssubscribe(channel);
      else await redis.sunsubscribe(channel);
    } catch (error) {
      logger.debug('a subscription waits for Redis', { error });
      if (begins(error, FORBIDDEN)) {
        report.now((channels) =>
          logger.error('Redis forbids a channel, so devices here miss its events', {
            channels,
            error,
          }),
        );
        setTimeout(follow, TRY_FORBIDDEN_AGAIN_MS, channel).unref();
      } else if (begins(error, NOT_STORED)) setTimeout(follow, TRY_AGAIN_MS, channel).unref();
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
