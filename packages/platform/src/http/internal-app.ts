import express, { type ErrorRequestHandler, type Express, type Router } from 'express';
import type { Registry } from 'prom-client';
import type { Logger } from '../logger.ts';
import { healthRouter, type Readiness } from './readiness.ts';

/** The response of `/monitoring/metrics` without its timestamp. */
export interface MonitoringReport {
  calls: { total: number; active: number; completed: number; failed: number };
  livekit: { activeRooms: number };
  /** 0 to 1. */
  performance: { successRate: number };
}

export interface InternalAppOptions {
  service: string;
  logger: Logger;
  readiness: Readiness;
  registry: Registry;
  monitoring: () => Promise<MonitoringReport>;
  /** Further routes of this process on its internal port. */
  router?: Router;
}

/** The routes for operators, Prometheus and proxies, on a port that is never exposed. */
export function createInternalApp(options: InternalAppOptions): Express {
  const { service, logger, readiness, registry, monitoring, router } = options;
  const app = express();
  app.disable('x-powered-by');
  app.use(healthRouter(service, readiness));
  app.get('/metrics', async (_request, response) => {
    response.set('Content-Type', registry.contentType).send(await registry.metrics());
  });
  app.get('/monitoring/metrics', async (_request, response) => {
    const report = await monitoring();
    response.set('Cache-Control', 'no-store');
    response.json({ ...report, timestamp: new Date().toISOString() });
  });
  if (router) app.use(router);
  app.use(handleErrors(logger));
  return app;
}

/**
 * Express itself would respond with the stack. It detects error handlers by their four parameters.
 */
function handleErrors(logger: Logger): ErrorRequestHandler {
  return (error, request, response, next) => {
    logger.error('an internal request failed', { path: request.path, error });
    if (response.headersSent) return next(error);
    response.status(500).json({ status: 'error' });
  };
}
