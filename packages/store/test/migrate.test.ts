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

/** Test databases come migrated; these tests need one in which nothing is yet. */
function empty() {
  return client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
}

async function files(): Promise<string[]> {
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

it('brings an empty database up to date, and says how', async () => {
  await empty();
  const lines: string[] = [];
  await migrate(database.url, (line) => lines.push(line));
  const migrated = (await rows('SELECT name FROM migrations ORDER BY id')).map(({ name }) => name);
  expect(migrated).toEqual(await files());
  expect(lines.join('\n')).toContain('0003_calls');
});

it('changes nothing in a database that is up to date', async () => {
  const before = await rows('SELECT * FROM migrations ORDER BY id');
  await migrate(database.url);
  expect(await rows('SELECT * FROM migrations ORDER BY id')).toEqual(before);
});

it('lets several migrators start at once: one migrates, the others find it done', async () => {
  await empty();
  await Promise.all(Array.from({ length: 5 }, () => migrate(database.url)));
  const migrated = await rows('SELECT name FROM migrations ORDER BY id');
  expect(migrated.map(({ name }) => name)).toEqual(await files());
});

it('leaves nothing behind where one of the migrations fails', async () => {
  await empty();
  await client.query('CREATE TABLE leases ()');
  await expect(migrate(database.url)).rejects.toThrow('leases');
  const tables = await rows(
    `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
  );
  expect(tables.map(({ relname }) => relname).sort()).toEqual(['leases', 'migrations']);
  expect(await rows('SELECT name FROM migrations')).toEqual([]);
});

it('rejects where there is no Postgres', async () => {
  await expect(migrate('postgres://nobody@127.0.0.1:1/nothing')).rejects.toThrow();
});
