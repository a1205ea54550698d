import { BASE_PATH } from '@ringline/contract';
import type { CallServiceConfig, Logger, Metrics } from '@ringline/platform';
import express, { type Express, type NextFunction, type Request, type Router } from 'express';
import helmet from 'helmet';
import type { RunAct } from '../acts/table.ts';
import { type AuthenticateParts, createAuthenticate } from './authenticate.ts';
import { createCors, createRefuseOrigin, type OriginParts } from './cors.ts';
import { createDocs } from './docs.ts';
import { createFaultHandler, refuseAddress, refuseOtherMethods } from './problem.ts';
import { type ApiResponse, createRequestStart, routed } from './request.ts';
import { createRoutes } from './routes.ts';

export interface AppParts extends AuthenticateParts, OriginParts {
  config: CallServiceConfig['http'];
  logger: Logger;
  metrics: Metrics;
  runAct: RunAct;
  health: Router;
  livekitWebhook: Router;
}

const ONE_YEAR_SECONDS = 31_536_000;

const headers = helmet({
  contentSecurityPolicy: {
    // A proxy terminates TLS, if anything does. Over plain HTTP the docs page must not require
    // HTTPS.
    directives: { upgradeInsecureRequests: null },
  },
  // Other subdomains of the host app may not support TLS.
  strictTransportSecurity: { maxAge: ONE_YEAR_SECONDS, includeSubDomains: false },
});

function forbidCaching(_request: Request, response: ApiResponse, next: NextFunction): void {
  response.set('Cache-Control', 'no-store');
  next();
}

/** The app on the public port. */
export function createApp(parts: AppParts): Express {
  const { config, logger, metrics, origins, runAct } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('trust proxy', config.trustProxy);
  app.use(createRequestStart(logger, metrics));
  app.use(headers);
  app.use(BASE_PATH, createRefuseOrigin(parts));
  app.use(createCors(config.corsOrigins, origins));
  app.use('/health', routed('/health'));
  app.use('/ready', routed('/ready'));
  app.use(parts.health);
  app.all(['/health', '/ready'], refuseOtherMethods('get'));
  app.use(createDocs());
  app.use(parts.livekitWebhook);
  app.use(BASE_PATH, forbidCaching, createRoutes(createAuthenticate(parts), runAct));
  app.use(refuseAddress);
  app.use(createFaultHandler(logger));
  return app;
}
