import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createSample } from './samples.ts';
import { createStage, type Stage } from './stage.ts';

const DAY_MS = 86_400_000;

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage.close());

async function days(): Promise<string[]> {
  const rows = await stage.query<{ day: string }>(
    'SELECT day::text FROM quality_partitions ORDER BY day',
  );
  return rows.map(({ day }) => day);
}
/** By the database's time, which tests move. */
async function dayIn(ahead: number): Promise<string> {
  const [row] = await stage.query<{ day: string }>(
    `SELECT ((ringline_now() AT TIME ZONE 'UTC')::date + $1::int)::text AS day`,
    [ahead],
  );
  return row?.day ?? '';
}

it('makePartitions creates the partitions of today and tomorrow, and one more a day later', async () => {
  expect(await days()).toEqual([]);
  expect(await stage.quality.makePartitions()).toBe(2);
  expect(await stage.quality.makePartitions()).toBe(0);
  expect(await days()).toEqual([await dayIn(0), await dayIn(1)]);
  await stage.moveTime(DAY_MS);
  expect(await stage.quality.makePartitions()).toBe(1);
  expect(await days()).toEqual([await dayIn(-1), await dayIn(0), await dayIn(1)]);
});

it('a partition that several processes create at once is created once', async () => {
  await stage.moveTime(10 * DAY_MS);
  const made = await Promise.all(
    Array.from({ length: 6 }, () => stage.openAnother().makePartitions()),
  );
  expect(made.reduce((sum, one) => sum + one, 0)).toBe(2);
});

it('dropPartitions drops a partition with its samples once it is too old', async () => {
  await stage.quality.makePartitions();
  const sample = createSample({ callId: randomUUID(), arrivedAt: Date.parse(await dayIn(0)) });
  await stage.quality.storeSamples([sample], 0);
  const stored = () =>
    stage.query('SELECT FROM call_quality_metrics WHERE call_id = $1', [sample.callId]);
  await stage.moveTime(7 * DAY_MS);
  await stage.quality.dropPartitions(7);
  expect(await stored()).toHaveLength(1);
  await stage.moveTime(DAY_MS);
  expect(await stage.quality.dropPartitions(7)).toBeGreaterThan(0);
  expect(await stored()).toEqual([]);
  expect(await stage.quality.dropPartitions(7)).toBe(0);
  expect(await days()).toEqual([await dayIn(-7)]);
});

it('a sample of a day without a partition creates it', async () => {
  const sample = createSample({ callId: randomUUID(), arrivedAt: Date.UTC(2020, 1, 29) });
  expect((await stage.quality.storeSamples([sample], 0)).stored).toHaveLength(1);
  expect(await days()).toContain('2020-02-29');
});
