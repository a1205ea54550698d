import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PostgresServer, startPostgres } from '@ringline/testing/postgres';
import { startService } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { end, load, ring, someone } from './acts.ts';
import { type Stage, setStage } from './stage.ts';

let postgres: PostgresServer;
let stage: Stage;

beforeAll(async () => {
  postgres = await startPostgres({ durable: true });
  stage = await setStage({ databaseUrl: postgres.url });
}, 60_000);
afterAll(async () => {
  await stage.clear();
  await postgres.stop();
});

async function answer(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
}

describe('a worker', () => {
  it('answers operators on its internal port', async () => {
    const worker = await stage.startWorker();
    expect(await answer(`${worker.internalUrl}/health`)).toMatchObject({
      status: 200,
      body: { status: 'ok', service: 'cleanup-worker' },
    });
    expect(await answer(`${worker.internalUrl}/ready`)).toMatchObject({
      status: 200,
      body: { status: 'ok', checks: { postgres: 'ok', redis: 'ok', livekit: 'ok' } },
    });
    const call = await ring(stage.engine, someone('ann'), [someone('bob')]);
    expect(await answer(`${worker.internalUrl}/monitoring/metrics`)).toMatchObject({
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
    await end(stage.engine, call, call.initiatorId);
    await worker.stop();
  });

  it('stops in order when it is told to, and gives nothing up', async () => {
    const worker = await stage.startWorker();
    await worker.stop();
    const lines = worker.output().split('\n');
    expect(lines.at(-1)).toContain('stopped');
    expect(lines.filter((line) => / (warn|error) /.test(line))).toEqual([]);
  });

  it('stops in order while Redis is away as well', async () => {
    const worker = await stage.startWorker();
    await stage.redis.kill();
    await worker.stop();
    expect(worker.output().split('\n').at(-1)).toContain('stopped');
    await stage.redis.restart();
  });

  it('starts without Redis and LiveKit, and says in one line each what it misses', async () => {
    await stage.livekit.kill();
    await stage.redis.kill();
    const worker = await stage.startWorker();
    expect(await answer(`${worker.internalUrl}/ready`)).toMatchObject({
      status: 200,
      body: { status: 'degraded', checks: { redis: 'failed', livekit: 'failed' } },
    });
    const failures = () =>
      worker.output().match(/job failed, retrying .*job=reconciliation/g) ?? [];
    await until('the reconciler says so', () => failures().length > 0);
    expect(worker.output()).not.toMatch(/job=(redelivery|rings|deadlines|gauges|retention)/);
    await stage.redis.restart();
    await stage.livekit.restart();
    await worker.stop();
  });

  it('goes on where it was once Postgres is back, and has warned once of each job', async () => {
    const worker = await stage.startWorker();
    const call = await ring(stage.engine, someone('ann'), [someone('bob')]);
    await stage.pass(30_000 - 1500);
    await postgres.kill();
    const warnings = (job: string) =>
      worker.output().match(new RegExp(`warn .*job failed, retrying .*job=${job}`, 'g')) ?? [];
    for (const duty of ['deadlines', 'redelivery', 'rings']) {
      await until(`${duty} is tried again`, async () => {
        const metrics = await (await fetch(`${worker.internalUrl}/metrics`)).text();
        const count = new RegExp(`^ringline_duty_failures_total\\{duty="${duty}"\\} (\\d+)$`, 'm');
        return Number(count.exec(metrics)?.[1] ?? 0) >= 3;
      });
      expect(warnings(duty)).toHaveLength(1);
    }
    expect((await fetch(`${worker.internalUrl}/ready`)).status).toBe(503);
    expect((await fetch(`${worker.internalUrl}/health`)).status).toBe(200);
    await postgres.restart();
    await until(
      'the call is missed',
      async () => (await load(stage.engine, call)).state === 'missed',
    );
    await until('it says so', () => worker.output().includes('job works again'));
    await worker.stop();
  }, 60_000);

  it('says in one line what its environment lacks', async () => {
    await expect(startService('cleanup-worker', { REDIS_URL: stage.redis.url })).rejects.toThrow(
      /DATABASE_URL/,
    );
  });
});

describe('what was kept long enough', () => {
  it('is deleted, step by step: first how calls went in detail, then the calls', async () => {
    const call = await ring(stage.engine, someone('ann'), [someone('bob')]);
    await end(stage.engine, call, call.initiatorId);
    const live = await ring(stage.engine, someone('cid'), [someone('dora')]);
    const rows = async (table: string): Promise<number> => {
      const [row] = await stage.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM ${table} WHERE call_id = $1`,
        [call.id],
      );
      return row?.count ?? 0;
    };
    await stage.pass(29 * 86_400_000);
    const first = await stage.startWorker();
    await until('the ring of the other call ran out', async () => {
      return (await load(stage.engine, live)).state === 'missed';
    });
    expect(await rows('call_events')).toBeGreaterThan(0);
    await first.stop();

    await stage.pass(2 * 86_400_000);
    const second = await stage.startWorker();
    await until('its events are gone', async () => (await rows('call_events')) === 0);
    expect((await load(stage.engine, call)).state).toBe('cancelled');
    await second.stop();

    await stage.pass(335 * 86_400_000);
    const third = await stage.startWorker({ CALL_RETENTION_DAYS: '365' });
    await until('the call is gone', async () => (await stage.store.load(call.id)) === null);
    expect(await rows('call_participants')).toBe(0);
    await until('it says so', () =>
      /deleted what was kept long enough .*calls=/.test(third.output()),
    );
    await third.stop();
  });
});
