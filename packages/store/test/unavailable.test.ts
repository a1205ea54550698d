import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createStore, openDatabase, type Store, StoreUnavailable } from '@ringline/store';
import { createOutboxGate } from '@ringline/testing/outbox-gate';
import { type PostgresServer, startPostgres } from '@ringline/testing/postgres';
import { Client } from 'pg';
import { accept, decidedCommit, loadCall, startCall } from './decisions.ts';

const warnings: string[] = [];
function ignore() {
  return undefined;
}
const logger = {
  error: ignore,
  warn: (message: string): void => {
    warnings.push(message);
  },
  info: ignore,
  debug: ignore,
};

let postgres: PostgresServer;
let store: Store;
beforeAll(async () => {
  postgres = await startPostgres({ durable: true });
  store = createStore(openDatabase({ url: postgres.url, poolSize: 3, logger }));
}, 30_000);
afterAll(async () => {
  await store.close();
  await postgres.stop();
});

function answers(asked: Store): Promise<boolean> {
  return asked.ping().then(
    () => true,
    () => false,
  );
}

/** Ends every connection of the store's, as a failover does. */
async function cutConnections(): Promise<void> {
  const admin = new Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ringline'`,
  );
  await admin.end();
}

it('works again after its connections were lost while nobody used them', async () => {
  await store.ping();
  await cutConnections();
  while (warnings.length === 0) await setTimeout(5);
  await store.ping();
  expect(warnings).toContain('a connection to Postgres was lost');
});

it('says that it is not available where a connection is lost in the middle of its work', async () => {
  const callId = await startCall(store, 'ann', ['bob']);
  const before = await loadCall(store, callId);
  const gate = await createOutboxGate(postgres.url);
  await gate.shut();
  const working = expect(store.commit(decidedCommit(before, accept('bob')))).rejects;
  await gate.reached();
  await cutConnections();
  await working.toBeInstanceOf(StoreUnavailable);
  await gate.remove();
  expect((await loadCall(store, callId)).version).toBe(before.version);
});

describe('while Postgres is away', () => {
  it('everything that is asked says so, and what was committed is there again afterwards', async () => {
    const callId = await startCall(store, 'cyn', ['dan']);
    const loaded = await loadCall(store, callId);
    await postgres.kill();
    // Postgres' children outlive it by some milliseconds, and may still answer.
    while (await answers(store)) await setTimeout(5);
    for (const ask of [
      () => store.load(callId),
      () => store.commit(decidedCommit(loaded, accept('dan'))),
      () => store.lockExpired(10, 1000),
      () => store.listHistory('cyn', { limit: 1 }),
    ]) {
      await expect(ask()).rejects.toBeInstanceOf(StoreUnavailable);
    }
    await postgres.restart();
    expect(await store.load(callId)).toMatchObject({ call: loaded.call, version: 1 });
    const again = decidedCommit(await loadCall(store, callId), accept('dan'));
    expect(await store.commit(again)).toMatchObject({ outcome: 'committed', version: 2 });
  }, 30_000);

  it('a store that was never connected says so too', async () => {
    const lost = createStore(
      openDatabase({ url: 'postgres://a@127.0.0.1:1/b', poolSize: 1, logger }),
    );
    await expect(lost.ping()).rejects.toBeInstanceOf(StoreUnavailable);
    await lost.close();
  });
});

it('says that it is not available when every connection is taken for too long', async () => {
  const narrow = createStore(openDatabase({ url: postgres.url, poolSize: 1, logger }));
  const gate = await createOutboxGate(postgres.url);
  await gate.shut();
  const started = startCall(narrow, 'eve', ['fay']);
  await gate.reached();
  await expect(narrow.ping()).rejects.toBeInstanceOf(StoreUnavailable);
  await gate.open();
  await started;
  await gate.remove();
  await narrow.close();
});

it('is closed once, however often it is told to', async () => {
  const other = createStore(openDatabase({ url: postgres.url, poolSize: 1, logger }));
  await other.ping();
  await Promise.all([other.close(), other.close()]);
  await expect(other.ping()).rejects.toThrow();
});
