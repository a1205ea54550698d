import type { Background } from '@ringline/engine';
import type { Logger, Metrics, Resource } from '@ringline/platform';
import { type CompactVerifyGetKey, createRemoteJWKSet, errors } from 'jose';
import { regularly } from '../regularly.ts';

/** As old the keys may become before they are fetched again: for so long a key that was taken back is still believed. */
const REFRESH_MS = 300_000;

/** So long after a try comes the next one, whether it is due or a token names a key that is not known. */
const PAUSE_MS = 5000;

const LOOK_MS = 5000;

/** Nothing was ever answered at the address, so that there is no key to look at. */
export class NoKeys extends Error {
  override readonly name = 'NoKeys';
}

/** The keys with which the host app signs, as published at its address. */
export interface Keys extends Resource {
  /** Finds the key for a token. Throws `NoKeys`, or what `jose` throws where no key fits. */
  find: CompactVerifyGetKey;
  /** Whether the address did not answer when it was last asked. */
  isOutOfReach(): boolean;
}

interface KeysParts {
  logger: Logger;
  metrics: Pick<Metrics, 'jwksAge'>;
  background: Background;
}

/**
 * Fetches the keys at once and every five minutes. While the address does not answer, the last ones stay in use: a key does
 * not turn bad because nobody can be asked about it.
 */
export function createKeys(url: string, { logger, metrics, background }: KeysParts): Keys {
  // When to fetch is decided here alone.
  const known = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
  });
  let fetchedAt: number | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  let outOfReach = false;
  const startedAt = Date.now();

  const measure = (): void => metrics.jwksAge.set((Date.now() - (fetchedAt ?? startedAt)) / 1000);

  const fetchKeys = async (): Promise<void> => {
    triedAt = Date.now();
    try {
      await known.reload();
      fetchedAt = Date.now();
      if (outOfReach) logger.info('the keys of AUTH_JWKS_URL are fetched again');
      outOfReach = false;
    } catch (error) {
      const tell = outOfReach ? logger.debug : logger.warn;
      outOfReach = true;
      tell('the keys of AUTH_JWKS_URL cannot be fetched; the last good ones stay in use', {
        error,
      });
    }
    measure();
  };

  const mayTry = (): boolean => Date.now() - triedAt >= PAUSE_MS || known.reloading;
  const isDue = (): boolean => fetchedAt === null || Date.now() - fetchedAt >= REFRESH_MS;

  const looking = regularly('fetching the keys', LOOK_MS, logger, async () => {
    measure();
    if (isDue() && mayTry()) await fetchKeys();
  });

  return {
    name: 'keys of tokens',
    close: looking.close,
    isOutOfReach: () => outOfReach,
    async find(header, token) {
      if (fetchedAt === null && mayTry()) await fetchKeys();
      if (fetchedAt === null) throw new NoKeys('no key was ever fetched');
      if (isDue() && mayTry()) background.run('fetching the keys', {}, fetchKeys);
      try {
        return await known(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || !mayTry()) throw error;
        await fetchKeys();
        return known(header, token);
      }
    },
  };
}
