import type { CallServiceConfig, Logger, RedisClient } from '@ringline/platform';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

/** Takes so many samples of a user; null if they may pass, else after how many seconds to try again. */
export type SampleLimit = (userId: string, samples: number) => Promise<number | null>;

const UNLIMITED: SampleLimit = async () => null;

/**
 * Lets a user's samples pass up to the burst at once, on any number of replicas, and as many again each time that the
 * rate has made up for them. Without Redis everything passes: there is nowhere to go for it then.
 */
export const createSampleLimit = (
  redis: RedisClient,
  { qualitySamplesPerMinute, qualitySampleBurst }: CallServiceConfig['rateLimits'],
  logger: Logger,
): SampleLimit => {
  if (qualitySamplesPerMinute === 0 || qualitySampleBurst === 0) return UNLIMITED;
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    keyPrefix: 'ringline:quality-limit',
    points: qualitySampleBurst,
    duration: Math.ceil((qualitySampleBurst / qualitySamplesPerMinute) * 60),
  });
  return async (userId, samples) => {
    try {
      await limiter.consume(userId, samples);
      return null;
    } catch (error) {
      if (error instanceof RateLimiterRes) return Math.ceil(error.msBeforeNext / 1000);
      logger.debug('quality samples are not limited', { error });
      return null;
    }
  };
};
