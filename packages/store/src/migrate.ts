import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { Client } from 'pg';

const MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url));

/**
 * Frees the locks of a migration whose process freezes. Migrations themselves have no time limit.
 */
const IDLE_MS = 10_000;

/** The first version with `transaction_timeout`. */
const OLDEST_POSTGRES = 170_000;

async function requirePostgresVersion(client: Client): Promise<void> {
  const { rows } = await client.query<{ number: number; name: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name`,
  );
  const [version] = rows;
  if (version === undefined || version.number < OLDEST_POSTGRES) {
    throw new Error(`Ringline needs Postgres 17 or newer, and this is ${version?.name}`);
  }
}

const POOLER_CHECKS = 3;

async function getBackendPid(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid;
}

/** Whether `client` and `other` share their connections to Postgres. */
async function sharesConnections(client: Client, other: Client): Promise<boolean> {
  const before = await getBackendPid(client);
  await other.query('BEGIN');
  const others = await getBackendPid(other);
  const after = await getBackendPid(client);
  await other.query('ROLLBACK');
  return others === before || after !== before;
}

/**
 * Through a pooler in transaction mode, the session lock of a migration would exclude no other, and
 * would never be released.
 */
async function requireDirectConnection(client: Client, databaseUrl: string): Promise<void> {
  const other = new Client({
    connectionString: databaseUrl,
    application_name: 'ringline migrate',
  });
  let lost: Error | null = null;
  other.on('error', (error) => {
    lost ??= error;
  });
  await other.connect();
  try {
    for (let check = 1; check <= POOLER_CHECKS; check += 1) {
      if (lost !== null) throw lost;
      if (!(await sharesConnections(client, other))) continue;
      throw new Error(
        'Migrations need a direct connection to Postgres, but DATABASE_URL points to a pooler in transaction mode ' +
          '(such as PgBouncer). Run them with a DATABASE_URL that points to Postgres itself.',
      );
    }
  } finally {
    await other.end();
  }
}

/**
 * Brings the database up to date in one transaction. Concurrent migrators wait for the first one,
 * then find nothing to do. `log` receives the name of each migration.
 */
export async function migrate(
  databaseUrl: string,
  log: (line: string) => void = () => undefined,
): Promise<void> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'ringline migrate',
  });
  // The next query on a lost connection rejects.
  client.on('error', (error) => log(`the connection was lost: ${error.message}`));
  await client.connect();
  try {
    await requirePostgresVersion(client);
    await requireDirectConnection(client, databaseUrl);
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
}
