import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from '@ringline/testing/until';
import { connected, end, someone } from './acts.ts';
import { type Stage, setStage } from './stage.ts';

const DAY_MS = 86_400_000;

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
}, 60_000);
afterAll(() => stage.clear());

async function days(): Promise<string[]> {
  const rows = await stage.query<{ day: string }>(
    'SELECT day::text FROM quality_partitions ORDER BY day',
  );
  return rows.map(({ day }) => day);
}
async function dayIn(ahead: number): Promise<string> {
  const [row] = await stage.query<{ day: string }>(
    `SELECT ((ringline_now() AT TIME ZONE 'UTC')::date + $1::int)::text AS day`,
    [ahead],
  );
  return row?.day ?? '';
}

it('a worker makes the partitions of today and tomorrow, and drops those that were kept long enough', async () => {
  const first = await stage.startWorker();
  await until('both are there', async () => (await days()).length === 2);
  expect(await days()).toEqual([await dayIn(0), await dayIn(1)]);
  await first.stop();
  await stage.pass(4 * DAY_MS);
  const second = await stage.startWorker({ QUALITY_RETENTION_DAYS: '3' });
  const kept = [await dayIn(-3), await dayIn(0), await dayIn(1)];
  await until('the days have moved on', async () => (await days()).join() === kept.join());
  await second.stop();
});

it('a worker summarises a call a while after its end, and the summary outlives the samples', async () => {
  const [ann, bob] = [someone('ann'), someone('bob')];
  const call = await connected(stage.engine, ann, [bob]);
  const sample = {
    ...{ callId: call.id, userId: ann, deviceId: null, sequence: 0 },
    direction: 'receive' as const,
    ...{ arrivedAt: Date.now(), measuredAt: Date.now(), jitterMs: 1, packetLossPercent: 0 },
    ...{ roundTripMs: 20, bandwidthKbps: null, audioLevel: null, fps: null, width: null },
    ...{ height: null, codec: null, freezeCount: null, device: null },
    ...{ r: 80, mos: 4, level: 'excellent' as const },
  };
  await stage.quality.storeSamples([sample], 0);
  await end(stage.engine, call, ann);
  await stage.pass(301_000);
  const worker = await stage.startWorker();
  const summaries = () =>
    stage.query('SELECT samples, median_mos FROM call_quality_summaries WHERE call_id = $1', [
      call.id,
    ]);
  await until('it is summarised', async () => (await summaries()).length === 1);
  expect(await summaries()).toEqual([{ samples: 1, median_mos: 4 }]);
  await stage.pass(30 * DAY_MS);
  await worker.stop();
  const later = await stage.startWorker();
  await until('its day is gone', async () => {
    const rows = await stage.query('SELECT FROM call_quality_metrics WHERE call_id = $1', [
      call.id,
    ]);
    return rows.length === 0;
  });
  expect(await stage.quality.listParticipants(call.id)).toMatchObject([
    { userId: ann, receive: { samples: 1, medianMos: 4 } },
  ]);
  await later.stop();
});
