import type { BackgroundTasks } from '@ringline/engine';
import type { CallServiceConfig, Logger, Metrics, Resource } from '@ringline/platform';
import { createKeys } from './keys.ts';
import { createOrigins, type Origins } from './origins.ts';
import { createLogFaults, type LogFaults } from './profile.ts';
import { createLogRefusal, type LogRefusal } from './refusal-log.ts';
import { createTokenVerifier, type TokenVerifier } from './token-verifier.ts';

/** Identifies principals and checks origins, for REST and sockets. */
export interface Identity {
  origins: Origins;
  verifyToken: TokenVerifier;
  logFaults: LogFaults;
  logRefusal: LogRefusal;
  resources: Resource[];
}

export function createIdentity(
  { auth, http }: Pick<CallServiceConfig, 'auth' | 'http'>,
  parts: { logger: Logger; metrics: Metrics; backgroundTasks: BackgroundTasks },
): Identity {
  const { logger } = parts;
  const keys = auth.jwksUrl === null ? null : createKeys(auth.jwksUrl, parts);
  const logFaults = createLogFaults(logger);
  return {
    origins: createOrigins(http),
    verifyToken: createTokenVerifier(auth, keys, logFaults, logger),
    logFaults,
    logRefusal: createLogRefusal(logger),
    resources: keys === null ? [] : [keys],
  };
}
