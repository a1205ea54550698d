import { errorTable } from '@ringline/contract';
import type { Refusal } from '@ringline/domain';
import type { Logger } from '@ringline/platform';
import type { NextFunction, Request } from 'express';
import { toFaultRefusal } from '../faults.ts';
import { toProblem } from '../refusal-forms.ts';
import { refused } from '../result.ts';
import type { ApiResponse } from './request.ts';

/** Responds with a problem (RFC 9457). */
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

export function refuseAddress(_request: Request, response: ApiResponse): void {
  sendRefusal(response, refused('NOT_FOUND', 'There is nothing at this address.').refusal);
}

/** Refuses all but these methods of an address. Express answers HEAD wherever it answers GET. */
export function refuseOtherMethods(...methods: string[]) {
  const served = methods.flatMap((method) =>
    method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()],
  );
  const allow = served.sort().join(', ');
  return (request: Request, response: ApiResponse): void => {
    response.set('Allow', allow);
    const message = `This address does not support ${request.method}. It supports: ${allow}.`;
    sendRefusal(response, refused('METHOD_NOT_ALLOWED', message).refusal);
  };
}

function requestFault(error: unknown): { type?: string; status?: number } {
  return error !== null && typeof error === 'object' ? error : {};
}

/** Converts what Express and its body parser throw for a malformed request. */
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
        ? refused('VALIDATION_FAILED', 'The request is malformed.').refusal
        : null;
  }
}

/** The error handler. Express recognizes it by its four parameters. */
export function createFaultHandler(logger: Logger) {
  return (error: unknown, _request: Request, response: ApiResponse, next: NextFunction): void => {
    const { requestId, traceId, route } = response.locals;
    const refusal =
      toMalformedRefusal(error) ?? toFaultRefusal(logger, error, { requestId, traceId, route });
    if (response.headersSent) next(error);
    else sendRefusal(response, refusal);
  };
}
