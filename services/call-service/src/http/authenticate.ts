import type { RequestBudget } from '@ringline/contract';
import type { NextFunction, Request } from 'express';
import { readDevice, readPerson, readToken } from '../identity/headers.ts';
import type { Principal } from '../identity/principal.ts';
import type { LogFaults } from '../identity/profile.ts';
import type { LogRefusal } from '../identity/refusal-log.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { RequestLimit } from '../limits/requests.ts';
import { ok, type Result } from '../result.ts';
import { sendRefusal } from './problem.ts';
import type { ApiResponse, RequestLocals } from './request.ts';

export interface AuthenticateParts {
  verifyToken: TokenVerifier;
  requestLimit: RequestLimit;
  logRefusal: LogRefusal;
  logFaults: LogFaults;
}

async function identify(
  { verifyToken, logFaults }: AuthenticateParts,
  request: Request,
  { requestId, traceId, receivedAt }: RequestLocals,
): Promise<Result<Principal>> {
  const token = readToken(request);
  if (token.refusal !== null) return token;
  const claims = await verifyToken(token.data);
  if (claims.refusal !== null) return claims;
  const person = readPerson(request, claims.data, logFaults);
  if (person.refusal !== null) return person;
  const device = readDevice(request);
  if (device.refusal !== null) return device;
  const { sub: subject, scope } = claims.data;
  return ok({
    person: person.data,
    scope,
    subject,
    deviceId: device.data,
    requestId,
    traceId,
    receivedAt,
  });
}

export type Authenticate = (
  budget: RequestBudget,
) => (request: Request, response: ApiResponse, next: NextFunction) => Promise<void>;

/**
 * Identifies the principal and checks their rate limit. Requests with an invalid token are counted
 * as well, which limits guessing.
 */
export function createAuthenticate(parts: AuthenticateParts): Authenticate {
  return (budget) => async (request, response, next) => {
    const { requestLimit, logRefusal } = parts;
    const principal = await identify(parts, request, response.locals);
    const tooMany = await requestLimit(request.ip ?? '', principal.data ?? null, budget);
    if (tooMany !== null) return sendRefusal(response, tooMany);
    if (principal.refusal !== null) {
      const { requestId, traceId } = response.locals;
      logRefusal(principal.refusal, { requestId, traceId, address: request.ip });
      return sendRefusal(response, principal.refusal);
    }
    response.locals.principal = principal.data;
    next();
  };
}
