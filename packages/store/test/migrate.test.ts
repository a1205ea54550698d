import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { migrate } from '@ringline/store';
import { createTestDatabase } from '@ringline/testing/postgres';
import { Client } from 'pg';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let client: Client;
async function rows(sql: string) {
  return (await client.query(sql)).rows;
}

/** Test databases are already migrated. */
function dropAllTables() {
  return client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
}

async function listMigrations(): Promise<string[]> {
  return (await readdir(new URL('../../../migrations', import.meta.url)))
    .map((file) => file.replace('.sql', ''))
    .sort();
}

beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

it('migrate brings an empty database up to date, and logs each migration', async () => {
  await dropAllTables();
  const lines: string[] = [];
  await migrate(database.url, (line) => lines.push(line));
  const migrated = (await rows('SELECT name FROM migrations ORDER BY id')).map(({ name }) => name);
  expect(migrated).toEqual(await listMigrations());
  expect(lines.join('\n')).toContain('0003_calls');
});

it('migrate changes nothing in a database that is up to date', async () => {
  const before = await rows('SELECT * FROM migrations ORDER BY id');
  await migrate(database.url);
  expect(await rows('SELECT * FROM migrations ORDER BY id')).toEqual(before);
});

it('one of several concurrent migrators migrates, and the others find nothing to do', async () => {
  await dropAllTables();
  await Promise.all(Array.from({ length: 5 }, () => migrate(database.url)));
  const migrated = await rows('SELECT name FROM migrations ORDER BY id');
  expect(migrated.map(({ name }) => name)).toEqual(await listMigrations());
});

it('a failed migration leaves nothing behind', async () => {
  await dropAllTables();
  await client.query('CREATE TABLE leases ()');
  await expect(migrate(database.url)).rejects.toThrow('leases');
  const tables = await rows(
    `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
  );
  expect(tables.map(({ relname }) => relname).sort()).toEqual(['leases', 'migrations']);
  expect(await rows('SELECT name FROM migrations')).toEqual([]);
});

it('migrate rejects without Postgres', async () => {
  await expect(migrate('postgres://user@127.0.0.1:1/nothing')).rejects.toThrow();
});
