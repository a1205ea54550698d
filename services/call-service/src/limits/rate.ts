import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { askRedis, type LimitName, type LimitParts, secondsUntil } from './ask-redis.ts';

/** Takes points of a key. Null if it has them, else after how many seconds to try again. */
export type Rate = (key: string, points?: number) => Promise<number | null>;

const UNLIMITED: Rate = async () => null;

/**
 * Gives each key so many points within so many seconds, on all replicas together; 0 points: without
 * limit. A key without points is refused without asking Redis, so that a flood does not reach it.
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
    // A refusal without Redis has consumed nothing. One line in each window is enough.
    if (refusal.consumedPoints > 0) parts.logger.warn('a limit was reached', { limit, key });
    return secondsUntil(refusal.msBeforeNext);
  };
}
