import { createSecretKey } from 'node:crypto';
import { type Claims, claims } from '@ringline/contract';
import type { CallServiceConfig, Logger } from '@ringline/platform';
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { type Answer, answered, refused } from '../answer.ts';

export type TokenVerifier = (token: string) => Promise<Answer<Claims>>;

const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** For `nbf` alone: a clock that is ahead of ours must not make fresh tokens useless. */
const CLOCK_TOLERANCE_SECONDS = 5;

const LONGEST_TOKEN = 8192;

/** Why a token is not believed stays with us: it helps nobody but one who forges them. */
const notBelieved = refused('UNAUTHENTICATED', 'A valid token is needed.');

type Verify = (token: string) => Promise<JWTPayload | null>;

/** Whether it was the token's fault, and not that of the keys or of the way to them. */
const isForged = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  /^ERR_(JWT|JWS|JOSE_ALG|JOSE_NOT|JWKS_NO_MATCHING|JWKS_MULTIPLE)/.test(error.code);

const payloadOrNull = async (
  verified: Promise<{ payload: JWTPayload }>,
): Promise<JWTPayload | null> => {
  try {
    return (await verified).payload;
  } catch (error) {
    if (isForged(error)) return null;
    throw error;
  }
};

const bySecrets = (secrets: readonly string[], options: JWTVerifyOptions): Verify => {
  // Imported once: with a string, each verification would cost fifty times as much.
  const keys = secrets.map((secret) =>
    createSecretKey(secret, 'utf8').toCryptoKey({ name: 'HMAC', hash: 'SHA-256' }, false, [
      'verify',
    ]),
  );
  return async (token) => {
    for (const key of keys) {
      const payload = await payloadOrNull(
        jwtVerify(token, key, { ...options, algorithms: ['HS256'] }),
      );
      if (payload !== null) return payload;
    }
    return null;
  };
};

const byJwks = (url: string, options: JWTVerifyOptions): Verify => {
  const keys = createRemoteJWKSet(new URL(url));
  return (token) => payloadOrNull(jwtVerify(token, keys, { ...options, algorithms: ASYMMETRIC }));
};

const algorithmOf = (token: string): string | undefined => {
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    return undefined; // No JWT at all, and so of no algorithm.
  }
};

/**
 * Verifies the host app's tokens. The algorithm is pinned to the kind of key: what is signed with a public key
 * as if it were a secret meets our secrets, and nothing else.
 */
export const createTokenVerifier = (
  config: CallServiceConfig['auth'],
  logger: Logger,
): TokenVerifier => {
  const options: JWTVerifyOptions = {
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ['exp', 'sub'],
    ...(config.issuer !== null && { issuer: config.issuer }),
    ...(config.audience !== null && { audience: config.audience }),
  };
  const symmetric = bySecrets(config.secrets, options);
  const asymmetric = config.jwksUrl === null ? null : byJwks(config.jwksUrl, options);

  const payloadOf = async (token: string): Promise<JWTPayload | null> => {
    if (token.length > LONGEST_TOKEN) return null;
    const verify = algorithmOf(token) === 'HS256' ? symmetric : asymmetric;
    return (await verify?.(token)) ?? null;
  };

  return async (token) => {
    try {
      const parsed = claims.safeParse(await payloadOf(token));
      const good = parsed.success && parsed.data.exp * 1000 > Date.now();
      return good ? answered(parsed.data) : notBelieved;
    } catch (error) {
      logger.warn("the host app's keys cannot be used", { error });
      return refused('UNAVAILABLE', "The host app's keys cannot be fetched.");
    }
  };
};
