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

function notBelieved(message: string) {
  return refused('UNAUTHENTICATED', message);
}

const notSigned = notBelieved(
  "The token's signature fits no key of this service: it was signed with another key, or changed.",
);
const noToken = notBelieved(
  'The token is not a signed JWT: three parts in base64url between dots.',
);

function readAlgorithm(token: string): string | null {
  try {
    return decodeProtectedHeader(token).alg ?? null;
  } catch {
    return null; // No JWT.
  }
}

type Verified = Result<Uint8Array>;

async function verifiedBy(
  token: string,
  key: CryptoKey | ReturnType<KeyObject['toCryptoKey']>,
  algorithms: string[],
): Promise<Verified> {
  return ok((await compactVerify(token, key, { algorithms })).payload);
}

/** A fault of the token is a refusal; anything else is thrown. */
function toRefusal(error: unknown): Verified {
  if (!(error instanceof errors.JOSEError)) throw error;
  if (error instanceof errors.JWSSignatureVerificationFailed) return notSigned;
  if (error instanceof errors.JWSInvalid) return noToken;
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return notBelieved("The token's header asks for something that this service does not do.");
  throw error;
}

function bySecrets(secrets: readonly string[]) {
  // Imported once: a string would make each verification fifty times as slow.
  const keys = secrets.map((secret) =>
    createSecretKey(secret, 'utf8').toCryptoKey({ name: 'HMAC', hash: 'SHA-256' }, false, [
      'verify',
    ]),
  );
  return async (token: string): Promise<Verified> => {
    let last: Verified = notSigned;
    for (const key of keys) {
      last = await verifiedBy(token, key, SYMMETRIC).catch(toRefusal);
      if (last.refusal === null) return last;
    }
    return last;
  };
}

/** A token without a `kid` may be signed with any of several keys. */
async function byAnyOf(token: string, candidates: AsyncIterable<CryptoKey>): Promise<Verified> {
  for await (const key of candidates) {
    const verified = await verifiedBy(token, key, ASYMMETRIC).catch(toRefusal);
    if (verified.refusal === null) return verified;
  }
  return notSigned;
}

function byKeys(keys: Keys) {
  const noKey = (): Verified =>
    notBelieved(
      keys.isOutOfReach()
        ? "The token's kid and alg name no key that is known, and AUTH_JWKS_URL does not answer at the moment."
        : "The token's kid and alg name no key of AUTH_JWKS_URL.",
    );
  return async (token: string): Promise<Verified> => {
    try {
      return ok((await compactVerify(token, keys.find, { algorithms: ASYMMETRIC })).payload);
    } catch (error) {
      if (error instanceof NoKeys) {
        return refused('UNAVAILABLE', 'The keys of AUTH_JWKS_URL cannot be fetched.');
      }
      if (error instanceof errors.JWKSMultipleMatchingKeys) return byAnyOf(token, error);
      return error instanceof errors.JWKSNoMatchingKey ? noKey() : toRefusal(error);
    }
  };
}

function parse(payload: Uint8Array): Result<Record<string, unknown>> {
  const noObject = notBelieved("The token's payload is not a JSON object.");
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? ok(parsed as Record<string, unknown>) : noObject;
  } catch {
    return noObject;
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
  const symmetric = bySecrets(secrets);
  const asymmetric = keys === null ? null : byKeys(keys);
  const taken = [
    ...(secrets.length > 0 ? ['HS256 by AUTH_JWT_SECRET'] : []),
    ...(keys === null ? [] : ['RS, PS, ES or EdDSA by AUTH_JWKS_URL']),
  ].join(', or ');
  const wrongAlgorithm = notBelieved(`The token's alg is none of those taken here: ${taken}.`);

  const verify = async (token: string, algorithm: string): Promise<Verified> => {
    if (SYMMETRIC.includes(algorithm) && secrets.length > 0) return symmetric(token);
    if (ASYMMETRIC.includes(algorithm) && asymmetric !== null) return asymmetric(token);
    return wrongAlgorithm;
  };

  return async (token) => {
    if (token.length > LONGEST_TOKEN)
      return notBelieved(`The token is longer than ${LONGEST_TOKEN} characters.`);
    const algorithm = readAlgorithm(token);
    if (algorithm === null) return noToken;
    const verified = await verify(token, algorithm);
    return verified.refusal === null ? parse(verified.data) : verified;
  };
}
