import { createStore, openDatabase, type Store } from '@ringline/store';
import { createTestDatabase } from '@ringline/testing/postgres';
import { moveTime } from '@ringline/testing/time';
import { Client } from 'pg';

/** A store on a database of its own. */
export interface StoreFixture {
  url: string;
  store: Store;
  /** Opens a store on the same database with connections of its own, as another process would. */
  openStore(): Store;
  /** Queries the database directly. */
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  /** Moves the database's time forward, or back if negative. */
  moveTime(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

function ignore(): undefined {
  return undefined;
}

export const silentLogger = { error: ignore, warn: ignore, info: ignore, debug: ignore };

export async function createStoreFixture(): Promise<StoreFixture> {
  const database = await createTestDatabase();
  const { url } = database;
  const stores: Store[] = [];
  const openStore = (): Store => {
    const store = createStore(openDatabase({ url, poolSize: 10, logger: silentLogger }));
    stores.push(store);
    return store;
  };
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    url,
    store: openStore(),
    openStore,
    query: async <Row>(sql: string, parameters: unknown[] = []) =>
      (await client.query(sql, parameters)).rows as Row[],
    moveTime: (milliseconds) => moveTime(url, milliseconds),
    stop: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await client.end();
      await database.drop();
    },
  };
}
