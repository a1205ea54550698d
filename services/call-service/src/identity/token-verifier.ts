import type { CallServiceConfig, Logger } from '@ringline/platform';
import { type Result, refused } from '../result.ts';
import { type Claims, readClaims } from './claims.ts';
import type { Keys } from './keys.ts';
import type { LogFaults } from './profile.ts';
import { createVerifySignature } from './signature.ts';

export type TokenVerifier = (token: string) => Promise<Result<Claims>>;

/** Verifies the token of a socket. Only users connect; operators use REST. */
export async function verifyUser(
  verifyToken: TokenVerifier,
  token: string,
): Promise<Result<Claims>> {
  const verified = await verifyToken(token);
  if (verified.refusal !== null || verified.data.scope === 'user') return verified;
  return refused(
    'FORBIDDEN',
    `Only users can connect. A token with the role ${verified.data.scope} is for REST.`,
  );
}

/** Verifies the signature and the claims of the host app's tokens. */
export function createTokenVerifier(
  config: CallServiceConfig['auth'],
  keys: Keys | null,
  logFaults: LogFaults,
  logger: Logger,
): TokenVerifier {
  const verifySignature = createVerifySignature(config.secrets, keys);
  return async (token) => {
    try {
      const signed = await verifySignature(token);
      if (signed.refusal !== null) return signed;
      const claims = readClaims(signed.data, config, Date.now());
      if (claims.refusal === null) logFaults(claims.data.sub, claims.data.faults);
      return claims;
    } catch (error) {
      logger.warn("the host app's keys cannot be used", { error });
      return refused('UNAVAILABLE', "The host app's keys cannot be used.");
    }
  };
}
