import { deviceId } from '@ringline/contract';
import type { NextFunction, Request } from 'express';
import { type Answer, answered, invalid, refused } from '../answer.ts';
import type { Asker } from '../identity/asker.ts';
import { actsAs } from '../identity/identify.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { RequestLimit } from '../limits/requests.ts';
import { sendRefusal } from './problem.ts';
import type { ApiResponse, RequestLocals } from './request.ts';

const BEARER = /^Bearer +([^ ]+) *$/i;

const deviceOf = (request: Request): Answer<string | null> => {
  const header = request.get('Ringline-Device');
  if (header === undefined) return answered(null);
  const parsed = deviceId.safeParse(header);
  return parsed.success
    ? answered(parsed.data)
    : invalid('Ringline-Device', 'is not 1 to 64 characters');
};

const askerOf = async (
  verifyToken: TokenVerifier,
  request: Request,
  { requestId, traceId, receivedAt }: RequestLocals,
): Promise<Answer<Asker>> => {
  const [, token] = BEARER.exec(request.get('Authorization') ?? '') ?? [];
  if (token === undefined) return refused('UNAUTHENTICATED', 'A valid token is needed.');
  const verified = await verifyToken(token);
  if (verified.refusal !== null) return verified;
  const { sub: subject, scope } = verified.data;
  const person = actsAs(verified.data, request.get('Ringline-User'));
  if (person.refusal !== null) return person;
  const device = deviceOf(request);
  if (device.refusal !== null) return device;
  return answered({
    person: person.data,
    scope,
    subject,
    deviceId: device.data,
    requestId,
    traceId,
    receivedAt,
  });
};

/**
 * Finds out who asks, and whether they ask too much. Whatever comes after it knows that the token was believed.
 * Those who are not believed are counted as well, so that nobody can try tokens without end.
 */
export const createAuthenticate =
  (verifyToken: TokenVerifier, limit: RequestLimit) =>
  async (request: Request, response: ApiResponse, next: NextFunction): Promise<void> => {
    const asker = await askerOf(verifyToken, request, response.locals);
    const tooMany = await limit(request.ip ?? '', asker.data ?? null);
    const refusal = tooMany ?? asker.refusal;
    if (refusal !== null) return sendRefusal(response, refusal);
    if (asker.data !== undefined) response.locals.asker = asker.data;
    next();
  };
