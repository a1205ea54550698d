import {
  type ClientLogger,
  consoleLogger,
  defaultStorage,
  type RinglineOptions,
  type RinglineStorage,
} from './options.ts';
import { exponentialBackoff, type RetryPolicy } from './retry.ts';

/*
 * Guards around the host app's code: an exception is logged, and the SDK goes on without the
 * result. `getToken` is not one of these, since without a token there is no connection: see
 * signalling/tokens.ts.
 */

function guardLogger(given: ClientLogger): ClientLogger {
  const log =
    (level: keyof ClientLogger): ClientLogger['debug'] =>
    (message, fields) => {
      try {
        given[level](message, fields);
      } catch (error) {
        consoleLogger.error('the logger failed', { error, message });
      }
    };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}

function guardRetry(given: RetryPolicy, logger: ClientLogger): RetryPolicy {
  const fallback = exponentialBackoff();
  return {
    delayMs: (attempt) => {
      try {
        const delay = given.delayMs(attempt);
        if (delay === null || delay >= 0) return delay;
        logger.error('the retry policy returned no number', { attempt });
      } catch (error) {
        logger.error('the retry policy failed', { error, attempt });
      }
      return fallback.delayMs(attempt);
    },
  };
}

/** Browsers throw as well, where storage is full or forbidden. */
function guardStorage(given: RinglineStorage | null, logger: ClientLogger): RinglineStorage | null {
  if (given === null) return null;
  const attempt = <Value>(act: () => Value): Value | null => {
    try {
      return act();
    } catch (error) {
      logger.warn('the storage failed', { error });
      return null;
    }
  };
  return {
    getItem: (key) => {
      const value: unknown = attempt(() => given.getItem(key));
      return typeof value === 'string' ? value : null;
    },
    setItem: (key, value) => {
      attempt(() => given.setItem(key, value));
    },
    removeItem: (key) => {
      attempt(() => given.removeItem(key));
    },
  };
}

export function guardHostCallbacks({
  logger: givenLogger = consoleLogger,
  retry = exponentialBackoff(),
  storage = defaultStorage(),
}: Pick<RinglineOptions, 'logger' | 'retry' | 'storage'>) {
  const logger = guardLogger(givenLogger);
  return {
    logger,
    retry: guardRetry(retry, logger),
    storage: guardStorage(storage, logger),
  };
}
