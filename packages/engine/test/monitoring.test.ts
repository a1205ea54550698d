import { beforeAll, describe, expect, it } from '@jest/globals';
import { createMonitoringReport, refreshGauges } from '@ringline/engine';
import { until } from '@ringline/testing/until';
import { by, end, must, people, ring } from './acts.ts';
import { useStage } from './stage.ts';

const { engine } = useStage();

beforeAll(async () => {
  const [ann, bob, cid, dora] = people();
  await ring(engine, ann, [bob]);
  const over = await ring(engine, cid, [dora]);
  await must(engine, over, end(cid), by(cid));
});

describe('the report of /monitoring/metrics', () => {
  it('counts the calls and their rooms in LiveKit', async () => {
    const report = createMonitoringReport(engine.parts);
    await until('the room of the ended call is deleted', async () => {
      const { livekit } = await report();
      return livekit.activeRooms === 1;
    });
    expect(await report()).toEqual({
      calls: { total: 2, active: 1, completed: 0, failed: 0 },
      livekit: { activeRooms: 1 },
      performance: { successRate: 0 },
    });
  });

  it('counts calls once a second, however often it is requested', async () => {
    let counts = 0;
    const { store, media, logger } = engine.parts;
    const countCalls = () => {
      counts += 1;
      return store.countCalls();
    };
    const report = createMonitoringReport({ store: { ...store, countCalls }, media, logger });
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 100 }, report));
    await until('it is counted again', async () => {
      await report();
      return counts > 1;
    });
    expect(counts).toBe(2);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1000);
  });

  it('is retried at once after a failure', async () => {
    const { store, media, logger } = engine.parts;
    let fails = true;
    const countCalls = async () => {
      if (fails) throw new Error('Postgres is away');
      return store.countCalls();
    };
    const report = createMonitoringReport({ store: { ...store, countCalls }, media, logger });
    await expect(report()).rejects.toThrow('Postgres is away');
    fails = false;
    expect((await report()).calls.total).toBe(2);
  });
});

describe('the gauges', () => {
  it('count the active calls by state without loading them', async () => {
    const { store, metrics } = engine.parts;
    const refuse = () => Promise.reject(new Error('a gauge loads no calls'));
    await refreshGauges({ store: { ...store, listLiveRooms: refuse }, metrics });
    const { values } = await metrics.callsActive.get();
    const byState = new Map(values.map(({ labels, value }) => [labels.state, value]));
    expect(byState.get('ringing')).toBe(1);
    expect(byState.get('connected')).toBe(0);
  });
});
