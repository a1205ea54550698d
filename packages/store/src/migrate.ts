import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import { Client } from 'pg';

const MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url));

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
  await client.connect();
  try {
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
