import { Router } from 'express';
import { Unfit } from '../unfit.ts';
import { within } from '../within.ts';

export interface ReadinessCheck {
  /**
   * Resolves if the dependency answers. Rejects with `Unfit` if the process cannot work with it.
   */
  check: () => Promise<unknown>;
  /** The process cannot do anything without it. */
  required: boolean;
}

export interface ReadinessReport {
  status: 'ok' | 'degraded' | 'unavailable';
  service: string;
  draining: boolean;
  checks: Record<string, 'ok' | 'failed'>;
  /** What unfit dependencies lack. Omitted if there are none. */
  reasons?: Record<string, string>;
  /** ISO 8601. */
  timestamp: string;
}

export interface ReadinessOptions {
  service: string;
  checks: Record<string, ReadinessCheck>;
  draining: () => boolean;
}

const CHECK_MS = 1000;

/**
 * Checks all dependencies at once, for a second at most. A process is unavailable only while
 * draining, without a required dependency, or with an unfit one: an optional dependency that all
 * replicas share must not make all of them unavailable. Concurrent requests share one check.
 */
export function createReadiness({ service, checks, draining }: ReadinessOptions) {
  let pendingChecks: Promise<Outcomes> | null = null;

  return async function readiness(): Promise<ReadinessReport> {
    pendingChecks ??= runChecks(checks).finally(() => {
      pendingChecks = null;
    });
    const { results, reasons } = await pendingChecks;
    const failed = Object.keys(results).filter((name) => results[name] === 'failed');
    const isUnfit = Object.keys(reasons).length > 0;
    const unavailable = draining() || isUnfit || failed.some((name) => checks[name]?.required);
    return {
      status: unavailable ? 'unavailable' : failed.length > 0 ? 'degraded' : 'ok',
      service,
      draining: draining(),
      checks: results,
      ...(isUnfit && { reasons }),
      timestamp: new Date().toISOString(),
    };
  };
}

export type Readiness = ReturnType<typeof createReadiness>;

interface Outcomes {
  results: Record<string, 'ok' | 'failed'>;
  reasons: Record<string, string>;
}

async function runChecks(checks: Record<string, ReadinessCheck>): Promise<Outcomes> {
  const outcomes: Outcomes = { results: {}, reasons: {} };
  const settled = await Promise.all(
    Object.entries(checks).map(async ([name, { check }]) => {
      const error = await within(CHECK_MS, Promise.resolve().then(check)).then(
        () => null,
        (rejection: unknown) => rejection ?? new Error('rejected'),
      );
      return [name, error] as const;
    }),
  );
  for (const [name, error] of settled) {
    outcomes.results[name] = error === null ? 'ok' : 'failed';
    if (error instanceof Unfit) outcomes.reasons[name] = error.message;
  }
  return outcomes;
}

/** `GET /health`: the process runs. `GET /ready`: it can work; 503 if it cannot. */
export function healthRouter(service: string, readiness: Readiness): Router {
  const router = Router();
  router.get('/health', (_request, response) => {
    response.set('Cache-Control', 'no-store');
    response.json({ status: 'ok', service, timestamp: new Date().toISOString() });
  });
  router.get('/ready', async (_request, response) => {
    const report = await readiness();
    response.set('Cache-Control', 'no-store');
    response.status(report.status === 'unavailable' ? 503 : 200).json(report);
  });
  return router;
}
