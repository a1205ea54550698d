import type { BackgroundTasks } from '@ringline/engine';
import { type Logger, type Metrics, type Resource, runRepeatedly } from '@ringline/platform';
import { type CompactVerifyGetKey, createRemoteJWKSet, errors } from 'jose';

/** The age at which the keys are fetched again. A revoked key is accepted for at most this long. */
const REFRESH_MS = 300_000;

/** The shortest time between two fetches, also for tokens that name an unknown key. */
const PAUSE_MS = 5000;

const CHECK_MS = 5000;

/** The keys were never fetched. */
export class NoKeys extends Error {
  override readonly name = 'NoKeys';
}

/** The host app's public keys. */
export interface Keys extends Resource {
  /** Finds the key for a token. Throws `NoKeys`, or the error of `jose` if no key matches. */
  find: CompactVerifyGetKey;
  /** Whether the last fetch failed. */
  isOutOfReach(): boolean;
}

interface KeysParts {
  logger: Logger;
  metrics: Pick<Metrics, 'jwksAge'>;
  backgroundTasks: BackgroundTasks;
}

/**
 * Fetches the keys at once and every five minutes. While fetching fails, the last keys stay in use.
 */
export function createKeys(url: string, { logger, metrics, backgroundTasks }: KeysParts): Keys {
  // jose must not fetch by itself.
  const known = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
  });
  let fetchedAt: number | null = null;
  let attemptedAt = Number.NEGATIVE_INFINITY;
  let isFailing = false;
  const startedAt = Date.now();

  const measure = (): void => metrics.jwksAge.set((Date.now() - (fetchedAt ?? startedAt)) / 1000);

  const fetchKeys = async (): Promise<void> => {
    attemptedAt = Date.now();
    try {
      await known.reload();
      fetchedAt = Date.now();
      if (isFailing) logger.info('the keys of AUTH_JWKS_URL are fetched again');
      isFailing = false;
    } catch (error) {
      const log = isFailing ? logger.debug : logger.warn;
      isFailing = true;
      log('the keys of AUTH_JWKS_URL cannot be fetched; the last ones stay in use', {
        error,
      });
    }
    measure();
  };

  const mayFetch = (): boolean => Date.now() - attemptedAt >= PAUSE_MS || known.reloading;
  const isDue = (): boolean => fetchedAt === null || Date.now() - fetchedAt >= REFRESH_MS;

  const run = async (): Promise<void> => {
    measure();
    if (isDue() && mayFetch()) await fetchKeys();
  };
  const refreshing = runRepeatedly({ name: 'keys', everyMs: CHECK_MS, run }, logger);

  return {
    name: 'keys of tokens',
    close: refreshing.close,
    isOutOfReach: () => isFailing,
    async find(header, token) {
      if (fetchedAt === null && mayFetch()) await fetchKeys();
      if (fetchedAt === null) throw new NoKeys('no key was ever fetched');
      if (isDue() && mayFetch()) backgroundTasks.run('fetching the keys', {}, fetchKeys);
      try {
        return await known(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || !mayFetch()) throw error;
        await fetchKeys();
        return known(header, token);
      }
    },
  };
}
