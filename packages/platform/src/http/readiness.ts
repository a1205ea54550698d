import { Router } from 'express';
import { within } from '../within.ts';

export interface ReadinessCheck {
  /** Resolves when the dependency answers. */
  check: () => Promise<unknown>;
  /** Without it there is nothing that the process can do. */
  required: boolean;
}

export interface ReadinessReport {
  status: 'ok' | 'degraded' | 'unavailable';
  service: string;
  draining: boolean;
  checks: Record<string, 'ok' | 'failed'>;
  /** ISO 8601 */
  timestamp: string;
}

export interface ReadinessOptions {
  service: string;
  checks: Record<string, ReadinessCheck>;
  draining: () => boolean;
}

const CHECK_MS = 1000;

/**
 * Asks all dependencies at once, each for a second at most. Unavailable are only a process that drains and one without
 * what it requires: what all replicas share, and can do without, must not take all of them out.
 * Everybody who asks meanwhile gets the answer of the same round, so that asking often costs the dependencies nothing.
 */
export function createReadiness({ service, checks, draining }: ReadinessOptions) {
  let round: Promise<Record<string, 'ok' | 'failed'>> | null = null;

  return async function readiness(): Promise<ReadinessReport> {
    round ??= runChecks(checks).finally(() => {
      round = null;
    });
    const results = await round;
    const failed = Object.keys(results).filter((name) => results[name] === 'failed');
    const unavailable = draining() || failed.some((name) => checks[name]?.required);
    return {
      status: unavailable ? 'unavailable' : failed.length > 0 ? 'degraded' : 'ok',
      service,
      draining: draining(),
      checks: results,
      timestamp: new Date().toISOString(),
    };
  };
}

export type Readiness = ReturnType<typeof createReadiness>;

async function runChecks(
  checks: Record<string, ReadinessCheck>,
): Promise<Record<string, 'ok' | 'failed'>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, { check }]) => {
      const answered = await within(CHECK_MS, Promise.resolve().then(check)).then(
        () => true,
        () => false,
      );
      return [name, answered ? 'ok' : 'failed'] as const;
    }),
  );
  return Object.fromEntries(results);
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
