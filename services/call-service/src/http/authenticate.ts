import type { RequestBudget } from '@ringline/contract';
import type { NextFunction, Request } from 'express';
import { readDevice, readPerson, readToken } from '../identity/headers.ts';
import type { Principal } from '../identity/principal.ts';
import type { NoteFaults } from '../identity/profile.ts';
import type { NoteRefusal } from '../identity/refusal-log.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { RequestLimit } from '../limits/requests.ts';
import { ok, type Result } from '../result.ts';
import { sendRefusal } from './problem.ts';
import type { ApiResponse, RequestLocals } from './request.ts';

interface AuthenticateParts {
  verifyToken: TokenVerifier;
  requestLimit: RequestLimit;
  noteRefusal: NoteRefusal;
  noteFaults: NoteFaults;
}

async function identify(
  { verifyToken, noteFaults }: AuthenticateParts,
  request: Request,
  { requestId, traceId, receivedAt }: RequestLocals,
): Promise<Result<Principal>> {
  const token = readToken(request);
  if (token.refusal !== null) return token;
  const claims = await verifyToken(token.data);
  if (claims.refusal !== null) return claims;
  const person = readPerson(request, claims.data, noteFaults);
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
 * Finds out who asks, and whether they ask too much of this kind. Whatever comes after it knows that the token was believed.
 * Those who are not believed are counted as well, so that nobody can try tokens without end.
 */
export function createAuthenticate(parts: AuthenticateParts): Authenticate {
  return (budget) => async (request, response, next) => {
    const { requestLimit, noteRefusal } = parts;
    const principal = await identify(parts, request, response.locals);
    const tooMany = await requestLimit(request.ip ?? '', principal.data ?? null, budget);
    if (tooMany !== null) return sendRefusal(response, tooMany);
    if (principal.refusal !== null) {
      const { requestId, traceId } = response.locals;
      noteRefusal(principal.refusal, { requestId, traceId, address: request.ip });
      return sendRefusal(response, principal.refusal);
    }
    response.locals.principal = principal.data;
    next();
  };
}
