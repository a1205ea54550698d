import type { Refusal } from '@ringline/domain';
import type { Logger } from '@ringline/platform';
import { StoreUnavailable } from '@ringline/store';

const RETRY_AFTER_SECONDS = 1;

/** Converts an unexpected error to a refusal. The error itself is only logged. */
export function toFaultRefusal(
  logger: Logger,
  error: unknown,
  fields: Record<string, unknown>,
): Refusal {
  if (error instanceof StoreUnavailable) {
    logger.warn('a request failed because Postgres is not available', { ...fields, error });
    return {
      code: 'UNAVAILABLE',
      message: 'The service is not available at the moment.',
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    };
  }
  logger.error('a request failed', { ...fields, error });
  return { code: 'INTERNAL', message: 'An internal error occurred.' };
}
