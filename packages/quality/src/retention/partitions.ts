import type { Instant } from '@ringline/domain';
import type { Queries } from '@ringline/store';
import { toIso } from '@ringline/store/sql';

/** By the database's clock; partitions are days in UTC. */
const TODAY = `(ringline_now() AT TIME ZONE 'UTC')::date`;

/** Creates the missing partitions for the days of these instants. */
export async function makePartitionsFor(db: Queries, instants: readonly Instant[]): Promise<void> {
  const days = new Set(instants.map((instant) => toIso(instant).slice(0, 10)));
  for (const day of days) await db.rows('SELECT make_quality_partition($1)', [day]);
}

export async function makePartitions(db: Queries): Promise<number> {
  const rows = await db.rows<{ made: boolean }>(
    `SELECT make_quality_partition(${TODAY} + ahead) AS made FROM generate_series(0, 1) AS ahead`,
  );
  return rows.filter(({ made }) => made).length;
}

export async function dropPartitions(db: Queries, days: number): Promise<number> {
  const rows = await db.rows<{ dropped: number }>(
    `SELECT drop_quality_partitions(${TODAY} - $1::integer) AS dropped`,
    [days],
  );
  return rows[0]?.dropped ?? 0;
}
