import type { CallServiceConfig } from '@ringline/platform';
import cors, { type CorsOptions } from 'cors';
import type { NextFunction, Request } from 'express';
import type { Origins } from '../identity/origins.ts';
import type { NoteRefusal } from '../identity/refusal-log.ts';
import { sendRefusal } from './problem.ts';
import type { ApiResponse } from './request.ts';

const OPTIONS: CorsOptions = {
  exposedHeaders: ['X-Request-Id', 'Retry-After', 'traceparent'],
  maxAge: 600,
};

/** Says to browsers which pages may read the answers. */
export function createCors(
  corsOrigins: CallServiceConfig['http']['corsOrigins'],
  origins: Origins,
) {
  return cors<Request>((request, decide) => {
    const { origin } = request.headers;
    const allowed = origin !== undefined && origins.refusal(request) === null ? [origin] : [];
    decide(null, { ...OPTIONS, origin: corsOrigins === '*' ? '*' : allowed });
  });
}

/** Refuses pages of others with the reason, which their browser shows in its tools. */
export function createRefuseOrigin({
  origins,
  noteRefusal,
}: {
  origins: Origins;
  noteRefusal: NoteRefusal;
}) {
  return (request: Request, response: ApiResponse, next: NextFunction): void => {
    const refusal = origins.refusal(request);
    if (refusal === null) {
      next();
      return;
    }
    const { origin } = request.headers;
    noteRefusal(refusal, { requestId: response.locals.requestId, origin, address: request.ip });
    response.vary('Origin');
    sendRefusal(response, refusal);
  };
}
