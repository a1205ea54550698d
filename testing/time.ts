import { Client } from 'pg';

async function withClient(databaseUrl: string, work: (client: Client) => Promise<unknown>) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Moves this database's time forward, for everything that asks it for the time: deadlines, ages,
 * leases. Moves add up. The clocks of the processes stay as they are.
 */
export async function moveTime(databaseUrl: string, milliseconds: number): Promise<void> {
  await withClient(databaseUrl, (client) =>
    client.query(
      `INSERT INTO clock_offset AS kept (milliseconds) VALUES ($1)
       ON CONFLICT (the_only_row) DO UPDATE SET milliseconds = kept.milliseconds + excluded.milliseconds`,
      [milliseconds],
    ),
  );
}

/**
 * Stops this database's time at an instant (epoch milliseconds). From then on only `moveTime` moves
 * it, so a test knows the time of every decision, and nothing falls due meanwhile.
 */
export async function stopTime(databaseUrl: string, instant: number): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await client.query(
      `INSERT INTO clock_offset (milliseconds) VALUES ($1)
       ON CONFLICT (the_only_row) DO UPDATE SET milliseconds = excluded.milliseconds`,
      [instant],
    );
    await client.query(
      `CREATE OR REPLACE FUNCTION ringline_now() RETURNS timestamptz
       LANGUAGE sql STABLE PARALLEL SAFE
       AS $$ SELECT timestamptz 'epoch' + milliseconds * interval '1 millisecond' FROM clock_offset $$`,
    );
  });
}
