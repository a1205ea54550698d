import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PostgresServer, startPostgres } from '@ringline/testing/postgres';
import { startService } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { createUserId, end, load, ring } from './commands.ts';
import { createWorkerFixture, type WorkerFixture } from './fixture.ts';

let postgres: PostgresServer;
let fixture: WorkerFixture;

beforeAll(async () => {
  postgres = await startPostgres({ durable: true });
  fixture = await createWorkerFixture({ databaseUrl: postgres.url });
}, 60_000);
afterAll(async () => {
  await fixture.stop();
  await postgres.stop();
});

async function getJson(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
}

describe('a worker', () => {
  it('answers operators on its internal port', async () => {
    const worker = await fixture.startWorker();
    expect(await getJson(`${worker.internalUrl}/health`)).toMatchObject({
      status: 200,
      body: { status: 'ok', service: 'cleanup-worker' },
    });
    expect(await getJson(`${worker.internalUrl}/ready`)).toMatchObject({
      status: 200,
      body: { status: 'ok', checks: { postgres: 'ok', redis: 'ok', livekit: 'ok' } },
    });
    const call = await ring(fixture.engine, createUserId('ann'), [createUserId('bob')]);
    expect(await getJson(`${worker.internalUrl}/monitoring/metrics`)).toMatchObject({
      status: 200,
      body: {
        calls: { total: 1, active: 1, completed: 0, failed: 0 },
        livekit: { activeRooms: 1 },
        performance: { successRate: 0 },
        timestamp: expect.stringMatching(/Z$/),
      },
    });
    await until('the gauges are refreshed', async () => {
      const metrics = await (await fetch(`${worker.internalUrl}/metrics`)).text();
      return metrics.includes('ringline_calls_active{state="ringing"} 1');
    });
    await end(fixture.engine, call, call.initiatorId);
    await worker.stop();
  });

  it('stops gracefully and abandons nothing', async () => {
    const worker = await fixture.startWorker();
    await worker.stop();
    const lines = worker.output().split('\n');
    expect(lines.at(-1)).toContain('stopped');
    expect(lines.filter((line) => / (warn|error) /.test(line))).toEqual([]);
  });

  it('stops gracefully while Redis is away', async () => {
    const worker = await fixture.startWorker();
    await fixture.redis.kill();
    await worker.stop();
    expect(worker.output().split('\n').at(-1)).toContain('stopped');
    await fixture.redis.restart();
  });

  it('starts without Redis and LiveKit, and reports both as failed', async () => {
    await fixture.livekit.kill();
    await fixture.redis.kill();
    const worker = await fixture.startWorker();
    expect(await getJson(`${worker.internalUrl}/ready`)).toMatchObject({
      status: 200,
      body: { status: 'degraded', checks: { redis: 'failed', livekit: 'failed' } },
    });
    const failures = () =>
      worker.output().match(/job failed, retrying .*job=reconciliation/g) ?? [];
    await until('the reconciliation has failed', () => failures().length > 0);
    expect(worker.output()).not.toMatch(/job=(redelivery|deadlines|gauges|retention|quality)/);
    await fixture.redis.restart();
    await fixture.livekit.restart();
    await worker.stop();
  });

  it('continues when Postgres is back, after one warning for each job', async () => {
    const worker = await fixture.startWorker();
    const call = await ring(fixture.engine, createUserId('ann'), [createUserId('bob')]);
    await fixture.moveTime(30_000 - 1500);
    await postgres.kill();
    const warnings = (job: string) =>
      worker.output().match(new RegExp(`warn .*job failed, retrying .*job=${job}`, 'g')) ?? [];
    for (const job of ['deadlines', 'redelivery', 'gauges']) {
      await until(`${job} has failed three times`, async () => {
        const metrics = await (await fetch(`${worker.internalUrl}/metrics`)).text();
        const count = new RegExp(`^ringline_duty_failures_total\\{duty="${job}"\\} (\\d+)$`, 'm');
        return Number(count.exec(metrics)?.[1] ?? 0) >= 3;
      });
      expect(warnings(job)).toHaveLength(1);
    }
    expect((await fetch(`${worker.internalUrl}/ready`)).status).toBe(503);
    expect((await fetch(`${worker.internalUrl}/health`)).status).toBe(200);
    await postgres.restart();
    await until(
      'the call is missed',
      async () => (await load(fixture.engine, call)).state === 'missed',
    );
    await until('it logs that a job works again', () =>
      worker.output().includes('job works again'),
    );
    await worker.stop();
  }, 60_000);

  it('names the missing setting in one line', async () => {
    await expect(startService('cleanup-worker', { REDIS_URL: fixture.redis.url })).rejects.toThrow(
      /DATABASE_URL/,
    );
  });
});

describe('data past its retention', () => {
  it('is deleted: first the events, then the calls', async () => {
    const call = await ring(fixture.engine, createUserId('ann'), [createUserId('bob')]);
    await end(fixture.engine, call, call.initiatorId);
    const live = await ring(fixture.engine, createUserId('cid'), [createUserId('dora')]);
    const rows = async (table: string): Promise<number> => {
      const [row] = await fixture.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM ${table} WHERE call_id = $1`,
        [call.id],
      );
      return row?.count ?? 0;
    };
    await fixture.moveTime(29 * 86_400_000);
    const first = await fixture.startWorker();
    await until('the other call is missed', async () => {
      return (await load(fixture.engine, live)).state === 'missed';
    });
    expect(await rows('call_events')).toBeGreaterThan(0);
    await first.stop();

    await fixture.moveTime(2 * 86_400_000);
    const second = await fixture.startWorker();
    await until('its events are deleted', async () => (await rows('call_events')) === 0);
    expect((await load(fixture.engine, call)).state).toBe('cancelled');
    await second.stop();

    await fixture.moveTime(335 * 86_400_000);
    const third = await fixture.startWorker({ CALL_RETENTION_DAYS: '365' });
    await until('the call is deleted', async () => (await fixture.store.load(call.id)) === null);
    expect(await rows('call_participants')).toBe(0);
    await until('it logs the deletion', () =>
      /deleted data past its retention .*calls=/.test(third.output()),
    );
    await third.stop();
  });
});
