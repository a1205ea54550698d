import type { CallServiceConfig, Logger } from '@ringline/platform';
import { type Result, refused } from '../result.ts';
import { type Claims, readClaims } from './claims.ts';
import type { Keys } from './keys.ts';
import type { NoteFaults } from './profile.ts';
import { createVerifySignature } from './signature.ts';

export type TokenVerifier = (token: string) => Promise<Result<Claims>>;

/** Verifies the host app's tokens: who signed them, and what they say. */
export function createTokenVerifier(
  config: CallServiceConfig['auth'],
  keys: Keys | null,
  noteFaults: NoteFaults,
  logger: Logger,
): TokenVerifier {
  const verifySignature = createVerifySignature(config.secrets, keys);
  return async (token) => {
    try {
      const signed = await verifySignature(token);
      if (signed.refusal !== null) return signed;
      const claims = readClaims(signed.data, config, Date.now());
      if (claims.refusal === null) noteFaults(claims.data.sub, claims.data.faults);
      return claims;
    } catch (error) {
      logger.warn("the host app's keys cannot be used", { error });
      return refused('UNAVAILABLE', "The host app's keys cannot be used.");
    }
  };
}
