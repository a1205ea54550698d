import type { Refusal } from '@ringline/domain';
import type { Logger } from '@ringline/platform';
import { StoreUnavailable } from '@ringline/store';

const RETRY_AFTER_SECONDS = 1;

/**
 * The refusal for an unexpected error. It tells the client nothing of the error itself, which is in
 * the log.
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
