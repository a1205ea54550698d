import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { askRedis, type LimitName, type LimitParts, secondsUntil } from './ask-redis.ts';

/** Takes so many points of a key; null if they may pass, else after how many seconds to try again. */
export type Rate = (key: string, points?: number) => Promise<number | null>;

const UNLIMITED: Rate = async () => null;

/**
 * Lets so many points of each key pass within so many seconds, on all replicas together; 0 points: all of them.
 * Who has none left is refused by this process alone, so that a flood does not reach Redis.
 */
export function createRate(
  parts: LimitParts,
  limit: LimitName,
  points: number,
  seconds: number,
): Rate {
  if (points === 0) return UNLIMITED;
  const limiter = new RateLimiterRedis({
    storeClient: parts.redis,
    keyPrefix: `ringline:${limit}`,
    points,
    duration: seconds,
    inMemoryBlockOnConsumed: points + 1,
  });

  const consume = async (key: string, taken: number): Promise<RateLimiterRes | null> => {
    try {
      await limiter.consume(key, taken);
      return null;
    } catch (error) {
      if (error instanceof RateLimiterRes) return error;
      throw error;
    }
  };

  return async (key, taken = 1) => {
    const refusal = await askRedis(parts, limit, () => consume(key, taken), null);
    if (refusal === null) return null;
    parts.metrics.rateLimitRefusals.inc({ limit });
    // What is refused without asking Redis has consumed nothing: one line in each window is enough.
    if (refusal.consumedPoints > 0) parts.logger.warn('a limit was reached', { limit, key });
    return secondsUntil(refusal.msBeforeNext);
  };
}
