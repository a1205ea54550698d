import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { Client } from 'pg';

const MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url));

/** For the locks of a migration whose process freezes. Migrations themselves take as long as they need. */
const IDLE_MS = 10_000;

/** From this one on, a transaction can be given a limit (`transaction_timeout`). */
const OLDEST_POSTGRES = 170_000;

const demandPostgres = async (client: Client): Promise<void> => {
  const { rows } = await client.query<{ number: number; name: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name`,
  );
  const [version] = rows;
  if (version === undefined || version.number < OLDEST_POSTGRES) {
    throw new Error(`Ringline needs Postgres 17 or newer, and this is ${version?.name}`);
  }
};

/**
 * Brings the database up to date, all of it in one transaction. Of several that do so at once, one works and
 * the others wait, then find nothing to do. `log` is told which migrations run.
 */
export const migrate = async (
  databaseUrl: string,
  log: (line: string) => void = () => undefined,
): Promise<void> => {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'ringline migrate',
  });
  // The next query on a lost connection fails, and says so.
  client.on('error', (error) => log(`the connection was lost: ${error.message}`));
  await client.connect();
  try {
    await demandPostgres(client);
    await client.query(
      `SET idle_in_transaction_session_timeout = ${IDLE_MS}; SET idle_session_timeout = ${IDLE_MS}`,
    );
    await runner({
      dbClient: client,
      dir: MIGRATIONS,
      direction: 'up',
      singleTransaction: true,
      migrationsTable: 'migrations',
      advisoryLockMode: 'wait',
      log,
    });
  } finally {
    await client.end();
  }
};
