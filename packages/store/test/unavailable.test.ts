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
});
afterAll(async () => {
  await store.close();
  await postgres.stop();
});

function answers(store: Store): Promise<boolean> {
  return store.ping().then(
    () => true,
    () => false,
  );
}

/** Ends every connection of the store, as a failover does. */
async function cutConnections(): Promise<void> {
  const admin = new Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ringline'`,
  );
  await admin.end();
}

it('the store works again after idle connections were lost', async () => {
  await store.ping();
  await cutConnections();
  while (warnings.length === 0) await setTimeout(5);
  await store.ping();
  expect(warnings).toContain('a connection to Postgres was lost');
});

it('a commit rejects with StoreUnavailable when its connection is lost', async () => {
  const callId = await startCall(store, 'ann', ['bob']);
  const before = await loadCall(store, callId);
  const gate = await createOutboxGate(postgres.url);
  await gate.shut();
  const committing = expect(store.commit(decidedCommit(before, accept('bob')))).rejects;
  await gate.reached();
  await cutConnections();
  await committing.toBeInstanceOf(StoreUnavailable);
  await gate.remove();
  expect((await loadCall(store, callId)).version).toBe(before.version);
});

describe('while Postgres is away', () => {
  it('every query rejects with StoreUnavailable, and committed data is there after the restart', async () => {
    const callId = await startCall(store, 'cyn', ['dan']);
    const loaded = await loadCall(store, callId);
    await postgres.kill();
    // Postgres' backends outlive it by some milliseconds and may still answer.
    while (await answers(store)) await setTimeout(5);
    for (const query of [
      () => store.load(callId),
      () => store.commit(decidedCommit(loaded, accept('dan'))),
      () => store.lockExpired(10, 1000),
      () => store.listHistory('cyn', { limit: 1 }),
    ]) {
      await expect(query()).rejects.toBeInstanceOf(StoreUnavailable);
    }
    await postgres.restart();
    expect(await store.load(callId)).toMatchObject({ call: loaded.call, version: 1 });
    const again = decidedCommit(await loadCall(store, callId), accept('dan'));
    expect(await store.commit(again)).toMatchObject({ outcome: 'committed', version: 2 });
  });

  it('a store that was never connected rejects with StoreUnavailable', async () => {
    const unconnected = createStore(
      openDatabase({ url: 'postgres://a@127.0.0.1:1/b', poolSize: 1, logger }),
    );
    await expect(unconnected.ping()).rejects.toBeInstanceOf(StoreUnavailable);
    await unconnected.close();
  });
});

it('a query rejects with StoreUnavailable when it waits too long for a connection', async () => {
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

it('closing the store twice is allowed', async () => {
  const other = createStore(openDatabase({ url: postgres.url, poolSize: 1, logger }));
  await other.ping();
  await Promise.all([other.close(), other.close()]);
  await expect(other.ping()).rejects.toThrow();
});
