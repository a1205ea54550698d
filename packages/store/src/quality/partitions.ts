import type { Instant } from '@ringline/domain';
import type { Queries } from '../database.ts';
import { toIso } from '../instants.ts';

/** Today, by the database's clock; partitions are of days in UTC. */
const TODAY = `(ringline_now() AT TIME ZONE 'UTC')::date`;

/** Makes the partitions of the days of these instants, where they are missing. */
export async function makePartitionsFor(db: Queries, instants: readonly Instant[]): Promise<void> {
  const days = new Set(instants.map((instant) => toIso(instant).slice(0, 10)));
  for (const day of days) await db.rows('SELECT make_quality_partition($1)', [day]);
}

/** Makes today's and tomorrow's partition, and returns how many of them there were not. */
export async function makePartitions(db: Queries): Promise<number> {
  const rows = await db.rows<{ made: boolean }>(
    `SELECT make_quality_partition(${TODAY} + ahead) AS made FROM generate_series(0, 1) AS ahead`,
  );
  return rows.filter(({ made }) => made).length;
}

/** Drops the partitions that are older than so many days, and returns how many those were. */
export async function dropPartitions(db: Queries, days: number): Promise<number> {
  const rows = await db.rows<{ dropped: number }>(
    `SELECT drop_quality_partitions(${TODAY} - $1::integer) AS dropped`,
    [days],
  );
  return rows[0]?.dropped ?? 0;
}
