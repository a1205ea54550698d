import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { until } from '@ringline/testing/until';
import { createUserId, end, startConnectedCall } from './commands.ts';
import { createWorkerFixture, type WorkerFixture } from './fixture.ts';

const DAY_MS = 86_400_000;

let fixture: WorkerFixture;
beforeAll(async () => {
  fixture = await createWorkerFixture();
}, 60_000);
afterAll(() => fixture.stop());

async function listDays(): Promise<string[]> {
  const rows = await fixture.query<{ day: string }>(
    'SELECT day::text FROM quality_partitions ORDER BY day',
  );
  return rows.map(({ day }) => day);
}
async function getDay(ahead: number): Promise<string> {
  const [row] = await fixture.query<{ day: string }>(
    `SELECT ((ringline_now() AT TIME ZONE 'UTC')::date + $1::int)::text AS day`,
    [ahead],
  );
  return row?.day ?? '';
}

it('a worker creates the partitions of today and tomorrow, and drops expired ones', async () => {
  const first = await fixture.startWorker();
  await until('both exist', async () => (await listDays()).length === 2);
  expect(await listDays()).toEqual([await getDay(0), await getDay(1)]);
  await first.stop();
  await fixture.moveTime(4 * DAY_MS);
  const second = await fixture.startWorker({ QUALITY_RETENTION_DAYS: '3' });
  const expected = [await getDay(-3), await getDay(0), await getDay(1)];
  await until(
    'the partitions have changed',
    async () => (await listDays()).join() === expected.join(),
  );
  await second.stop();
});

it('a worker summarises an ended call, and the summary outlives the samples', async () => {
  const [ann, bob] = [createUserId('ann'), createUserId('bob')];
  const call = await startConnectedCall(fixture.engine, ann, [bob]);
  const sample = {
    ...{ callId: call.id, userId: ann, deviceId: null, sequence: 0 },
    direction: 'receive' as const,
    ...{ arrivedAt: Date.now(), at: new Date().toISOString() },
    ...{ jitterMs: 1, packetLossPercent: 0, roundTripMs: 20 },
    ...{ r: 80, mos: 4, level: 'excellent' as const },
  };
  await fixture.quality.storeSamples([sample], 0);
  await end(fixture.engine, call, ann);
  await fixture.moveTime(301_000);
  const worker = await fixture.startWorker();
  const summaries = () =>
    fixture.query('SELECT samples, median_mos FROM call_quality_summaries WHERE call_id = $1', [
      call.id,
    ]);
  await until('it is summarised', async () => (await summaries()).length === 1);
  expect(await summaries()).toEqual([{ samples: 1, median_mos: 4 }]);
  await fixture.moveTime(30 * DAY_MS);
  await worker.stop();
  const later = await fixture.startWorker();
  await until('its partition is dropped', async () => {
    const rows = await fixture.query('SELECT FROM call_quality_metrics WHERE call_id = $1', [
      call.id,
    ]);
    return rows.length === 0;
  });
  expect(await fixture.quality.listParticipants(call.id)).toMatchObject([
    { userId: ann, receive: { samples: 1, medianMos: 4 } },
  ]);
  await later.stop();
});
