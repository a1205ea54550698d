import { Client } from 'pg';

/**
 * Moves this database's time on by so many milliseconds, for everything that asks what time it is: deadlines,
 * ages, leases. Moves add up. Clocks in the processes themselves stay as they are.
 */
export async function moveTime(databaseUrl: string, milliseconds: number): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `INSERT INTO clock_offset AS kept (milliseconds) VALUES ($1)
       ON CONFLICT (the_only_row) DO UPDATE SET milliseconds = kept.milliseconds + excluded.milliseconds`,
      [milliseconds],
    );
  } finally {
    await client.end();
  }
}
