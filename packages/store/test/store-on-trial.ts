import { createStore, openDatabase, type Store } from '@ringline/store';
import { createTestDatabase } from '@ringline/testing/postgres';
import { moveTime } from '@ringline/testing/time';
import { Client } from 'pg';

/** A store on a database of its own, with a way to look behind it. */
export interface StoreOnTrial {
  url: string;
  store: Store;
  /** Another process's store on the same database. */
  another(): Store;
  /** What a test asks of Postgres behind the store's back. */
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  pass(milliseconds: number): Promise<void>;
  /** What was logged as an error or a warning. */
  complaints: string[];
  stop(): Promise<void>;
}

export async function tryStore(): Promise<StoreOnTrial> {
  const database = await createTestDatabase();
  const { url } = database;
  const complaints: string[] = [];
  const complain = (message: string): void => {
    complaints.push(message);
  };
  const ignore = (): void => undefined;
  const logger = { error: complain, warn: complain, info: ignore, debug: ignore };
  const stores: Store[] = [];
  const another = (): Store => {
    const store = createStore(openDatabase({ url, poolSize: 10, logger }));
    stores.push(store);
    return store;
  };
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    url,
    store: another(),
    another,
    query: async <Row>(sql: string, parameters: unknown[] = []) =>
      (await client.query(sql, parameters)).rows as Row[],
    pass: (milliseconds) => moveTime(url, milliseconds),
    complaints,
    stop: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await client.end();
      await database.drop();
    },
  };
}
