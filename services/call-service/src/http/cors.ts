import type { CallServiceConfig } from '@ringline/platform';
import cors, { type CorsOptions } from 'cors';
import type { NextFunction, Request } from 'express';
import type { Origins } from '../identity/origins.ts';
import type { LogRefusal } from '../identity/refusal-log.ts';
import { sendRefusal } from './problem.ts';
import type { ApiResponse } from './request.ts';

export interface OriginParts {
  origins: Origins;
  logRefusal: LogRefusal;
}

const OPTIONS: CorsOptions = {
  exposedHeaders: ['X-Request-Id', 'Retry-After', 'traceparent'],
  maxAge: 600,
};

/** Sets the CORS headers that allow pages to read responses. */
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

/** Refuses foreign pages with a reason, which browsers show in their developer tools. */
export function createRefuseOrigin({ origins, logRefusal }: OriginParts) {
  return (request: Request, response: ApiResponse, next: NextFunction): void => {
    const refusal = origins.refusal(request);
    if (refusal === null) {
      next();
      return;
    }
    const { origin } = request.headers;
    logRefusal(refusal, { requestId: response.locals.requestId, origin, address: request.ip });
    response.vary('Origin');
    sendRefusal(response, refusal);
  };
}
