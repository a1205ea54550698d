import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@ringline/store';
import { Client } from 'pg';
import { preparePostgres } from '../scripts/stack/postgres.ts';
import { freePort } from './ports.ts';
import { type Server, startServer } from './server.ts';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

export interface PostgresServer extends Server {
  /** Its migrated database. */
  readonly url: string;
}

/** `testing/global-setup.ts` puts the URL of the migrated template here. */
const TEMPLATE_URL = 'TEST_POSTGRES_TEMPLATE_URL';

/** Creates a migrated, empty database within some 20 ms: a copy of the run's template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const templateUrl = process.env[TEMPLATE_URL];
  if (!templateUrl) throw new Error('No Postgres for tests: run them by Jest.');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const template = new URL(templateUrl).pathname.slice(1);
  await administrate(
    templateUrl,
    `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`,
  );
  return {
    url: withDatabase(templateUrl, name),
    drop: () => administrate(templateUrl, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/** A Postgres for tests that break it. A durable one keeps what was committed before `kill()`. */
export async function startPostgres(options: { durable?: boolean } = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ringline-postgres-'));
  const { durable = false } = options;
  const { program, url } = await preparePostgres({
    folder,
    port: await freePort(),
    durable,
  });
  const server = await startServer(program);
  await migrate(url);
  return {
    ...server,
    url,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The Postgres of the test run. Every test database is a copy of its database, which stays empty.
 */
export async function startTemplate(): Promise<PostgresServer> {
  const server = await startPostgres();
  process.env[TEMPLATE_URL] = server.url;
  return server;
}

function withDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

async function administrate(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: withDatabase(url, 'postgres') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
