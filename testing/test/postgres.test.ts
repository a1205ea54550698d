import { Client } from 'pg';
import { createTestDatabase, startPostgres } from '../postgres.ts';

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

function countCalls(url: string) {
  return query(url, 'SELECT count(*)::int AS calls FROM calls');
}

describe('a test database', () => {
  it('is migrated and empty', async () => {
    const database = await createTestDatabase();
    expect(await countCalls(database.url)).toEqual([{ calls: 0 }]);
    await database.drop();
  });

  it('shares nothing with another test database', async () => {
    const [one, other] = [await createTestDatabase(), await createTestDatabase()];
    await query(one.url, 'CREATE TABLE mine (id int)');
    await expect(query(other.url, 'SELECT * FROM mine')).rejects.toThrow('does not exist');
    await Promise.all([one.drop(), other.drop()]);
  });

  it('can be dropped while a client is connected', async () => {
    const database = await createTestDatabase();
    const client = new Client({ connectionString: database.url });
    client.on('error', () => undefined);
    await client.connect();
    await database.drop();
    await expect(countCalls(database.url)).rejects.toThrow('does not exist');
  });
});

describe('a Postgres for one test', () => {
  it('keeps what was committed before kill -9 if it is durable', async () => {
    const postgres = await startPostgres({ durable: true });
    await query(postgres.url, 'CREATE TABLE kept (id int)');
    await postgres.kill();
    await postgres.restart();
    expect(await query(postgres.url, 'SELECT * FROM kept')).toEqual([]);
    await postgres.stop();
  });
});
