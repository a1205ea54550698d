import { errorTable, type Problem } from '@ringline/contract';
import type { Logger } from '@ringline/platform';
import type { NextFunction, Request } from 'express';
import { toFaultRefusal } from '../faults.ts';
import { type Refusal, refused } from '../result.ts';
import type { ApiResponse } from './request.ts';

function toProblem(refusal: Refusal, requestId: string): Problem {
  const { code, message, errors, callId, existingCallId } = refusal;
  const { title, status } = errorTable[code];
  return {
    type: `urn:ringline:problem:${code}`,
    title,
    status,
    detail: message,
    code,
    requestId,
    ...(errors !== undefined && { errors }),
    ...(callId !== undefined && { callId }),
    ...(existingCallId !== undefined && { existingCallId }),
  };
}

/** Answers with a problem (RFC 9457). */
export function sendRefusal(response: ApiResponse, refusal: Refusal): void {
  const { code, retryAfterSeconds } = refusal;
  const { requestId } = response.locals;
  response.locals.refusal = refusal;
  if (retryAfterSeconds !== undefined) response.set('Retry-After', String(retryAfterSeconds));
  if (code === 'UNAUTHENTICATED') response.set('WWW-Authenticate', 'Bearer');
  response
    .status(errorTable[code].status)
    .set('Cache-Control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(toProblem(refusal, requestId)));
}

/**
 * Nothing is at this address. The closed table has one 404, and a wrong address below `/calls` names no call
 * either.
 */
export function answerNothingHere(_request: Request, response: ApiResponse): void {
  sendRefusal(response, refused('CALL_NOT_FOUND', 'There is nothing at this address.').refusal);
}

function requestFault(error: unknown): { type?: string; status?: number } {
  return error !== null && typeof error === 'object' ? error : {};
}

/** What Express and its body parser throw about a request that is not well-formed. */
function toMalformedRefusal(error: unknown): Refusal | null {
  const { type, status } = requestFault(error);
  switch (type) {
    case 'entity.too.large':
      return refused('PAYLOAD_TOO_LARGE', 'The body is larger than 64 KiB.').refusal;
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return refused('UNSUPPORTED_MEDIA_TYPE', 'The body must be JSON in UTF-8.').refusal;
    case 'entity.parse.failed':
      return refused('VALIDATION_FAILED', 'The body is not valid JSON.').refusal;
    default:
      return status === 400
        ? refused('VALIDATION_FAILED', 'The request is not well-formed.').refusal
        : null;
  }
}

/** The last handler, which Express knows by its four parameters. */
export function createFaultHandler(logger: Logger) {
  return (error: unknown, _request: Request, response: ApiResponse, next: NextFunction): void => {
    const { requestId, traceId, route } = response.locals;
    const refusal =
      toMalformedRefusal(error) ?? toFaultRefusal(logger, error, { requestId, traceId, route });
    if (response.headersSent) next(error);
    else sendRefusal(response, refusal);
  };
}
