import type { Refusal } from '@ringline/domain';
import type { Logger, Metrics } from '@ringline/platform';
import { inRequest, requestContext, traceHeaders } from '@ringline/platform';
import type { NextFunction, Request, Response } from 'express';
import type { Principal } from '../identity/principal.ts';
import { describeRefusal } from '../refusal-forms.ts';

/** The state of a request while it is handled. */
export interface RequestLocals {
  requestId: string;
  traceId: string | null;
  /** `performance.now()` */
  receivedAt: number;
  /** The pattern that matched, since ids in the path must not become metric labels. */
  route: string;
  /** Set once the token is verified. */
  principal?: Principal;
  /** For the log. */
  refusal?: Refusal;
}

export type ApiResponse = Response<unknown, RequestLocals>;

/** Gives each request its id, and measures and logs its response. */
export function createRequestStart(logger: Logger, metrics: Metrics) {
  return (request: Request, response: ApiResponse, next: NextFunction): void => {
    const context = requestContext(request.headers);
    const { requestId, traceId } = context;
    const receivedAt = performance.now();
    Object.assign(response.locals, { requestId, traceId, receivedAt, route: 'unmatched' });
    response.set('X-Request-Id', requestId);
    response.on('finish', () => {
      const { route, refusal: refused, principal } = response.locals;
      const { method } = request;
      const seconds = (performance.now() - receivedAt) / 1000;
      const status = String(response.statusCode);
      metrics.httpRequestDuration.observe({ method, route, status }, seconds);
      logger.debug('request answered', {
        method,
        route,
        status,
        requestId,
        traceId,
        milliseconds: Math.round(seconds * 1000),
        ...(principal?.person && { userId: principal.person.userId }),
        ...(refused && { code: refused.code, reason: describeRefusal(refused) }),
      });
    });
    inRequest(context, () => {
      response.set(traceHeaders());
      next();
    });
  };
}

/** Sets the route of the handlers that follow. */
export function routed(route: string) {
  return (_request: Request, response: ApiResponse, next: NextFunction): void => {
    response.locals.route = route;
    next();
  };
}
