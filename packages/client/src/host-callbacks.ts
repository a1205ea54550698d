import {
  type ClientLogger,
  consoleLogger,
  defaultStorage,
  type RinglineOptions,
  type RinglineStorage,
} from './options.ts';
import { exponentialBackoff, type RetryPolicy } from './retry.ts';

/*
 * What the host app hands in is called through here: whatever it throws is logged, and the SDK goes on without it. What
 * `getToken` throws is no such thing, but a reason not to connect: tokens.ts.
 */

function guardedLogger(given: ClientLogger): ClientLogger {
  const say =
    (level: keyof ClientLogger): ClientLogger['debug'] =>
    (message, fields) => {
      try {
        given[level](message, fields);
      } catch (error) {
        consoleLogger.error('the logger failed', { error, message });
      }
    };
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
}

function guardedRetry(given: RetryPolicy, logger: ClientLogger): RetryPolicy {
  const fallback = exponentialBackoff();
  return {
    delayMs: (attempt) => {
      try {
        const delay = given.delayMs(attempt);
        if (delay === null || delay >= 0) return delay;
        logger.error('the retry policy gave no number', { attempt });
      } catch (error) {
        logger.error('the retry policy failed', { error, attempt });
      }
      return fallback.delayMs(attempt);
    },
  };
}

/** Browsers throw here, too: where storage is full or forbidden. What is not kept is found anew after a reload. */
function guardedStorage(
  given: RinglineStorage | null,
  logger: ClientLogger,
): RinglineStorage | null {
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

/** The host app's part of the options, made safe to call. */
export function guarded({
  logger: givenLogger = consoleLogger,
  retry = exponentialBackoff(),
  storage = defaultStorage(),
}: Pick<RinglineOptions, 'logger' | 'retry' | 'storage'>) {
  const logger = guardedLogger(givenLogger);
  return {
    logger,
    retry: guardedRetry(retry, logger),
    storage: guardedStorage(storage, logger),
  };
}
