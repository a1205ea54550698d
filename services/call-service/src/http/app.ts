import { BASE_PATH } from '@ringline/contract';
import type { CallServiceConfig, Logger, Metrics } from '@ringline/platform';
import express, { type Express, type Router } from 'express';
import helmet from 'helmet';
import type { Origins } from '../identity/origins.ts';
import type { NoteFaults } from '../identity/profile.ts';
import type { NoteRefusal } from '../identity/refusal-log.ts';
import type { TokenVerifier } from '../identity/token-verifier.ts';
import type { RequestLimit } from '../limits/requests.ts';
import { createAuthenticate } from './authenticate.ts';
import { createCors, createRefuseOrigin } from './cors.ts';
import { createDocs } from './docs.ts';
import { answerNothingHere, createFaultHandler } from './problem.ts';
import { createRequestStart, routed } from './request.ts';
import { createRoutes, type Handlers } from './routes.ts';

export interface AppParts {
  config: CallServiceConfig['http'];
  logger: Logger;
  metrics: Metrics;
  origins: Origins;
  noteRefusal: NoteRefusal;
  noteFaults: NoteFaults;
  verifyToken: TokenVerifier;
  requestLimit: RequestLimit;
  handlers: Handlers;
  health: Router;
  livekitWebhook: Router;
}

const ONE_YEAR_SECONDS = 31_536_000;

const headers = helmet({
  contentSecurityPolicy: {
    // TLS ends at a proxy, if anywhere: over plain HTTP the page of the docs must not ask for HTTPS.
    directives: { upgradeInsecureRequests: null },
  },
  // Whether the host app's other names speak TLS is not for us to say.
  strictTransportSecurity: { maxAge: ONE_YEAR_SECONDS, includeSubDomains: false },
});

/** Everything that is answered on the public port. */
export function createApp(parts: AppParts): Express {
  const { config, logger, metrics, origins, handlers } = parts;
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
  app.use(createDocs());
  app.use(parts.livekitWebhook);
  app.use(
    BASE_PATH,
    (_request, response, next) => {
      response.set('Cache-Control', 'no-store');
      next();
    },
    createRoutes(createAuthenticate(parts), handlers),
  );
  app.use(answerNothingHere);
  app.use(createFaultHandler(logger));
  return app;
}
