import { createSecretKey, type KeyObject } from 'node:crypto';
import { type CryptoKey, compactVerify, decodeProtectedHeader, errors } from 'jose';
import { ok, type Result, refused } from '../result.ts';
import { type Keys, NoKeys } from './keys.ts';

/** Resolves to the payload if the signature is valid. */
export type VerifySignature = (token: string) => Promise<Result<Record<string, unknown>>>;

const SYMMETRIC = ['HS256'];
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

const LONGEST_TOKEN = 8192;

function unauthenticated(message: string) {
  return refused('UNAUTHENTICATED', message);
}

const wrongSignature = unauthenticated(
  "The token's signature matches no key of this service: it was signed with another key, or changed.",
);
const notJwt = unauthenticated(
  'The token is not a signed JWT: three parts in base64url, separated by dots.',
);

function readAlgorithm(token: string): string | null {
  try {
    return decodeProtectedHeader(token).alg ?? null;
  } catch {
    return null; // Not a JWT.
  }
}

type Verified = Result<Uint8Array>;

async function verifyWith(
  token: string,
  key: CryptoKey | ReturnType<KeyObject['toCryptoKey']>,
  algorithms: string[],
): Promise<Verified> {
  return ok((await compactVerify(token, key, { algorithms })).payload);
}

/** Converts a fault of the token to a refusal. Throws other errors. */
function toRefusal(error: unknown): Verified {
  if (!(error instanceof errors.JOSEError)) throw error;
  if (error instanceof errors.JWSSignatureVerificationFailed) return wrongSignature;
  if (error instanceof errors.JWSInvalid) return notJwt;
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return unauthenticated(
      "The token's header requires something that this service does not support.",
    );
  throw error;
}

function createSecretVerifier(secrets: readonly string[]) {
  // Imported once, since verifying with a string is fifty times slower.
  const keys = secrets.map((secret) =>
    createSecretKey(secret, 'utf8').toCryptoKey({ name: 'HMAC', hash: 'SHA-256' }, false, [
      'verify',
    ]),
  );
  return async (token: string): Promise<Verified> => {
    let last: Verified = wrongSignature;
    for (const key of keys) {
      last = await verifyWith(token, key, SYMMETRIC).catch(toRefusal);
      if (last.refusal === null) return last;
    }
    return last;
  };
}

/** A token without a `kid` may be signed with any of several keys. */
async function verifyWithAny(
  token: string,
  candidates: AsyncIterable<CryptoKey>,
): Promise<Verified> {
  for await (const key of candidates) {
    const verified = await verifyWith(token, key, ASYMMETRIC).catch(toRefusal);
    if (verified.refusal === null) return verified;
  }
  return wrongSignature;
}

function createKeyVerifier(keys: Keys) {
  const unknownKey = (): Verified =>
    unauthenticated(
      keys.isOutOfReach()
        ? "The token's kid and alg match no known key, and AUTH_JWKS_URL does not answer at the moment."
        : "The token's kid and alg match no key of AUTH_JWKS_URL.",
    );
  return async (token: string): Promise<Verified> => {
    try {
      return ok((await compactVerify(token, keys.find, { algorithms: ASYMMETRIC })).payload);
    } catch (error) {
      if (error instanceof NoKeys) {
        return refused('UNAVAILABLE', 'The keys of AUTH_JWKS_URL cannot be fetched.');
      }
      if (error instanceof errors.JWKSMultipleMatchingKeys) return verifyWithAny(token, error);
      return error instanceof errors.JWKSNoMatchingKey ? unknownKey() : toRefusal(error);
    }
  };
}

function parse(payload: Uint8Array): Result<Record<string, unknown>> {
  const notObject = unauthenticated("The token's payload is not a JSON object.");
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? ok(parsed as Record<string, unknown>) : notObject;
  } catch {
    return notObject;
  }
}

/**
 * Checks signatures. The algorithm is pinned to the kind of key, so a token that was signed with a
 * public key as if it were a secret is checked against our secrets only.
 */
export function createVerifySignature(
  secrets: readonly string[],
  keys: Keys | null,
): VerifySignature {
  const symmetric = createSecretVerifier(secrets);
  const asymmetric = keys === null ? null : createKeyVerifier(keys);
  const accepted = [
    ...(secrets.length > 0 ? ['HS256 by AUTH_JWT_SECRET'] : []),
    ...(keys === null ? [] : ['RS, PS, ES or EdDSA by AUTH_JWKS_URL']),
  ].join(', or ');
  const wrongAlgorithm = unauthenticated(
    `The token's alg is not accepted. Accepted are: ${accepted}.`,
  );

  const verify = async (token: string, algorithm: string): Promise<Verified> => {
    if (SYMMETRIC.includes(algorithm) && secrets.length > 0) return symmetric(token);
    if (ASYMMETRIC.includes(algorithm) && asymmetric !== null) return asymmetric(token);
    return wrongAlgorithm;
  };

  return async (token) => {
    if (token.length > LONGEST_TOKEN)
      return unauthenticated(`The token is longer than ${LONGEST_TOKEN} characters.`);
    const algorithm = readAlgorithm(token);
    if (algorithm === null) return notJwt;
    const verified = await verify(token, algorithm);
    return verified.refusal === null ? parse(verified.data) : verified;
  };
}
