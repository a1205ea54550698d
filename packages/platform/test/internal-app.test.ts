import { createServer } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  createInternalApp,
  createLogger,
  createMetrics,
  createReadiness,
  type Listening,
  listen,
  type ReadinessCheck,
} from '@ringline/platform';
import { silentLogger } from '@ringline/testing/silent-logger';
import { Router } from 'express';

async function ok() {
  return 'PONG';
}
async function fails(): Promise<never> {
  throw new Error('connection refused');
}
function hangs() {
  return new Promise<never>(() => undefined);
}

const MONITORING = {
  calls: { total: 4, active: 1, completed: 2, failed: 1 },
  livekit: { activeRooms: 1 },
  performance: { successRate: 0.5 },
};

describe('the internal port', () => {
  const open: Listening[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map(({ close }) => close()));
  });

  async function serve({
    checks = {} as Record<string, ReadinessCheck>,
    draining = false,
    monitoring = async () => MONITORING,
  } = {}) {
    const log = new PassThrough();
    const service = 'cleanup-worker';
    const logger = createLogger({ service, level: 'info', production: true, destination: log });
    const { registry } = createMetrics();
    const readiness = createReadiness({ service, checks, draining: () => draining });
    const router = Router();
    router.get('/livekit/authorize', (_request, response) => {
      response.sendStatus(204);
    });
    const app = createInternalApp({ service, logger, readiness, registry, monitoring, router });
    const listening = await listen(app, 0, '127.0.0.1', logger);
    open.push(listening);
    const get = (path: string) => fetch(`http://127.0.0.1:${listening.port}${path}`);
    return { get, log: () => String(log.read() ?? '') };
  }

  it('reports that the process runs', async () => {
    const { get } = await serve({ checks: { postgres: { check: fails, required: true } } });
    const response = await get('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'ok',
      service: 'cleanup-worker',
      timestamp: expect.stringMatching(/Z$/),
    });
  });

  it.each([
    ['ok', 200, 'all dependencies answer', { postgres: ok, redis: ok }, false],
    ['degraded', 200, 'an optional dependency fails', { postgres: ok, redis: fails }, false],
    ['degraded', 200, 'an optional dependency hangs', { postgres: ok, redis: hangs }, false],
    ['unavailable', 503, 'a required dependency fails', { postgres: fails, redis: ok }, false],
    ['unavailable', 503, 'a required dependency hangs', { postgres: hangs, redis: ok }, false],
    ['unavailable', 503, 'the process drains', { postgres: ok, redis: ok }, true],
  ])('is %s (%i) when %s', async (status, code, _when, { postgres, redis }, draining) => {
    const { get } = await serve({
      checks: {
        postgres: { check: postgres, required: true },
        redis: { check: redis, required: false },
      },
      draining,
    });
    const response = await get('/ready');
    expect(response.status).toBe(code);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      status,
      service: 'cleanup-worker',
      draining,
      checks: {
        postgres: postgres === ok ? 'ok' : 'failed',
        redis: redis === ok ? 'ok' : 'failed',
      },
      timestamp: expect.any(String),
    });
  });

  it('exposes the metrics to Prometheus', async () => {
    const { get } = await serve();
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await response.text()).toContain('# TYPE ringline_calls_active gauge');
  });

  it('exposes the monitoring report with a timestamp', async () => {
    const { get } = await serve();
    const response = await get('/monitoring/metrics');
    expect(await response.json()).toEqual({
      ...MONITORING,
      timestamp: expect.stringMatching(/Z$/),
    });
  });

  it('serves the further routes of the process', async () => {
    const { get } = await serve();
    expect((await get('/livekit/authorize')).status).toBe(204);
    expect((await get('/nothing')).status).toBe(404);
  });

  it('logs an error without exposing it', async () => {
    const { get, log } = await serve({ monitoring: fails });
    const response = await get('/monitoring/metrics');
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"status":"error"}');
    expect(JSON.parse(log())).toMatchObject({
      level: 'error',
      path: '/monitoring/metrics',
      error: { message: 'connection refused' },
    });
  });
});

describe('readiness', () => {
  it('checks once for concurrent requests', async () => {
    let checked = 0;
    const check = async () => {
      checked += 1;
    };
    const checks = { postgres: { check, required: true } };
    const readiness = createReadiness({ service: 'x', checks, draining: () => false });
    await Promise.all([readiness(), readiness(), readiness()]);
    expect(checked).toBe(1);
    await readiness();
    expect(checked).toBe(2);
  });
});

describe('listening', () => {
  it('rejects if the port is in use', async () => {
    const { port, close } = await listen(createServer(), 0, '127.0.0.1', silentLogger);
    await expect(listen(createServer(), port, '127.0.0.1', silentLogger)).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await close();
  });

  it('continues when a connection cannot be accepted', async () => {
    const { server, port, close } = await listen(
      (_request, response) => response.end('answered'),
      0,
      '127.0.0.1',
      silentLogger,
    );
    server.emit('error', new Error('accept ENOBUFS'));
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('answered');
    await close();
  });

  it('closes after pending requests, and can be closed twice', async () => {
    const arrived = Promise.withResolvers<() => void>();
    const { port, close } = await listen(
      (_request, response) => arrived.resolve(() => response.end('answered')),
      0,
      '127.0.0.1',
      silentLogger,
    );
    const request = fetch(`http://127.0.0.1:${port}/`);
    const answer = await arrived.promise;
    const closed = [close(), close()];
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    answer();
    expect(await (await request).text()).toBe('answered');
    await Promise.all(closed);
  });
});
