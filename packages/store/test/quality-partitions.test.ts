import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sampleOf } from './samples.ts';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

const DAY_MS = 86_400_000;

let trial: StoreOnTrial;
beforeAll(async () => {
  trial = await tryStore();
});
afterAll(() => trial.stop());

async function days(): Promise<string[]> {
  const rows = await trial.query<{ day: string }>(
    'SELECT day::text FROM quality_partitions ORDER BY day',
  );
  return rows.map(({ day }) => day);
}
/** A day by the time of the database, which tests move. */
async function dayIn(ahead: number): Promise<string> {
  const [row] = await trial.query<{ day: string }>(
    `SELECT ((ringline_now() AT TIME ZONE 'UTC')::date + $1::int)::text AS day`,
    [ahead],
  );
  return row?.day ?? '';
}

it('partitions are made for today and tomorrow, and again from day to day', async () => {
  expect(await days()).toEqual([]);
  expect(await trial.store.quality.makePartitions()).toBe(2);
  expect(await trial.store.quality.makePartitions()).toBe(0);
  expect(await days()).toEqual([await dayIn(0), await dayIn(1)]);
  await trial.pass(DAY_MS);
  expect(await trial.store.quality.makePartitions()).toBe(1);
  expect(await days()).toEqual([await dayIn(-1), await dayIn(0), await dayIn(1)]);
});

it('a partition that several make at once is made once', async () => {
  await trial.pass(10 * DAY_MS);
  const made = await Promise.all(
    Array.from({ length: 6 }, () => trial.another().quality.makePartitions()),
  );
  expect(made.reduce((sum, one) => sum + one, 0)).toBe(2);
});

it('a partition is dropped with all that is in it, once it is older than it is to be kept', async () => {
  await trial.store.quality.makePartitions();
  const sample = sampleOf({ callId: randomUUID(), arrivedAt: Date.parse(await dayIn(0)) });
  await trial.store.quality.ingest([sample], 0);
  const stored = () =>
    trial.query('SELECT FROM call_quality_metrics WHERE call_id = $1', [sample.callId]);
  await trial.pass(7 * DAY_MS);
  await trial.store.quality.dropPartitions(7);
  expect(await stored()).toHaveLength(1);
  await trial.pass(DAY_MS);
  expect(await trial.store.quality.dropPartitions(7)).toBeGreaterThan(0);
  expect(await stored()).toEqual([]);
  expect(await trial.store.quality.dropPartitions(7)).toBe(0);
  expect(await days()).toEqual([await dayIn(-7)]);
});

it('a sample of a day that was dropped makes its partition anew rather than get stuck', async () => {
  const sample = sampleOf({ callId: randomUUID(), arrivedAt: Date.UTC(2020, 1, 29) });
  expect((await trial.store.quality.ingest([sample], 0)).stored).toHaveLength(1);
  expect(await days()).toContain('2020-02-29');
});
