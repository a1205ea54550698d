import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createStore, openDatabase, type Store } from '@ringline/store';
import { createTestDatabase, type TestDatabase } from '@ringline/testing/postgres';
import { type PostgresProxy, startPostgresProxy } from '@ringline/testing/postgres-proxy';

function ignore() {
  return undefined;
}
const warnings: string[] = [];
function warn(message: string): void {
  warnings.push(message);
}
const logger = { error: ignore, warn, info: ignore, debug: ignore };

let database: TestDatabase;
let proxy: PostgresProxy;
let store: Store;
beforeEach(async () => {
  database = await createTestDatabase();
  proxy = await startPostgresProxy(database.url);
  store = createStore(openDatabase({ url: proxy.url, poolSize: 1, logger }));
});
afterEach(async () => {
  await store.close();
  await proxy.close();
  await database.drop();
});

it('the store survives losing a connection while handing it to the next query', async () => {
  await store.ping();
  proxy.terminateAtNextReply();
  const [first, next] = await Promise.allSettled([
    store.ping(),
    store.lockExpired(1, 1000), // waits for the only connection
  ]);
  expect(first.status).toBe('fulfilled');
  expect(next).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } });
  expect(warnings).toEqual(['a connection to Postgres was lost']);
  await store.ping();
});
