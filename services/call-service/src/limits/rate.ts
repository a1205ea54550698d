import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { askRedis, type LimitName, type LimitParts, secondsUntil } from './ask-redis.ts';

/** Takes points from a key. Returns null if it has enough, otherwise the seconds until a retry. */
export type Rate = (key: string, points?: number) => Promise<number | null>;

const UNLIMITED: Rate = async () => null;

/**
 * Gives each key `points` within `seconds`, on all replicas together. 0 points mean no limit. A key
 * without points is refused locally, so that a flood does not reach Redis.
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
    // A local refusal has consumed nothing. Logs one line in each window.
    if (refusal.consumedPoints > 0) parts.logger.warn('a limit was reached', { limit, key });
    return secondsUntil(refusal.msBeforeNext);
  };
}
