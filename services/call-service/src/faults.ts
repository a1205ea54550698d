import type { Logger } from '@ringline/platform';
import { StoreUnavailable } from '@ringline/store';
import type { Refusal } from './result.ts';

const RETRY_AFTER_SECONDS = 1;

/**
 * What an asker is told of something that should not have happened: that it did, and nothing of what it was.
 * The log has it all.
 */
export function toFaultRefusal(
  logger: Logger,
  error: unknown,
  fields: Record<string, unknown>,
): Refusal {
  if (error instanceof StoreUnavailable) {
    logger.warn('a request found no database', { ...fields, error });
    return {
      code: 'UNAVAILABLE',
      message: 'The service is not available at the moment.',
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    };
  }
  logger.error('a request failed', { ...fields, error });
  return { code: 'INTERNAL', message: 'Something went wrong here.' };
}
