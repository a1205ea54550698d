import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkDatabase, createStore, migrate, openDatabase, type Store } from '@ringline/store';
import { type PgBouncer, startPgBouncer } from '@ringline/testing/pgbouncer';
import { accept, commitExpired, decidedCommit, loadCall, startCall } from './decisions.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

const MIGRATE = join(import.meta.dirname, '..', '..', '..', 'scripts', 'migrate.ts');

let fixture: StoreFixture;
let pooler: PgBouncer;
const stores: Store[] = [];
const warnings: string[] = [];
function warn(message: string): void {
  warnings.push(message);
}
function ignore() {
  return undefined;
}
const logger = { error: warn, warn, info: ignore, debug: ignore };

/** Opens the store of one process. The pooler shares its connections among all processes. */
function openPooledStore(poolSize = 5): Store {
  const store = createStore(openDatabase({ url: pooler.url, poolSize, logger }));
  stores.push(store);
  return store;
}

beforeAll(async () => {
  fixture = await createStoreFixture();
  pooler = await startPgBouncer(fixture.url);
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await pooler.stop();
  await fixture.stop();
});

describe('behind PgBouncer in transaction mode', () => {
  it('several processes start, accept and read calls at once', async () => {
    const processes = [openPooledStore(), openPooledStore(), openPooledStore()];
    const useStore = async (store: Store, index: number): Promise<void> => {
      const [ann, bob] = [`ann-${index}`, `bob-${index}`];
      const callId = await startCall(store, ann, [bob]);
      const before = await loadCall(store, callId);
      const result = await store.commit(decidedCommit(before, accept(bob)));
      expect(result).toMatchObject({ outcome: 'committed' });
      const { entries } = (await store.listHistory(ann, { limit: 5 })) as { entries: unknown[] };
      expect(entries).toHaveLength(1);
      expect(await store.listEvents(callId, 0)).not.toHaveLength(0);
      expect(await store.takeLease('test', 'worker', 1)).toBe(true);
    };
    const uses = Array.from({ length: 60 }, (_, index) =>
      useStore(processes[index % processes.length] as Store, index),
    );
    await Promise.all(uses);
  });

  it('a process may begin with expiring calls on a connection of another', async () => {
    for (const store of [openPooledStore(1), openPooledStore(1), openPooledStore(1)]) {
      expect(await commitExpired(store, 1)).toEqual([]);
    }
  });

  it('a batch that takes too long is rolled back and halved', async () => {
    const store = openPooledStore();
    for (let index = 0; index < 12; index += 1) {
      await startCall(store, `cyn-${index}`, [`dan-${index}`]);
    }
    await fixture.query(`
      CREATE FUNCTION slow_down() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$;
      CREATE TRIGGER slow_down BEFORE UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION slow_down()`);
    await fixture.moveTime(60_000);
    const batches: number[] = [];
    for (;;) {
      const { length } = await commitExpired(store, 12);
      if (length === 0) break;
      batches.push(length);
    }
    await fixture.query('DROP TRIGGER slow_down ON calls');
    expect(Math.max(...batches)).toBeLessThan(12);
  }, 60_000);

  it('a store leaves no setting behind on shared connections', async () => {
    const store = openPooledStore(1);
    await store.ping();
    await startCall(store, 'eve', ['fay']);
    const settings = await fixture.query(
      `SELECT DISTINCT setting FROM pg_settings WHERE name = 'statement_timeout'`,
    );
    expect(settings).toEqual([{ setting: '0' }]);
  });

  it('checkDatabase runs its queries', async () => {
    const { checked } = await checkDatabase(pooler.url, {
      limit: 10,
      retention: { eventDays: 30, callDays: 365 },
    });
    expect(checked.length).toBeGreaterThan(0);
  });

  it('each store warns about prepared statements at most once', () => {
    expect(
      warnings.filter((line) => line.includes('max_prepared_statements')).length,
    ).toBeLessThanOrEqual(stores.length);
    const others = warnings.filter((line) => !line.includes('max_prepared_statements'));
    // The batch that took too long may lose its connection.
    expect(others.filter((line) => line !== 'a connection to Postgres was lost')).toEqual([]);
  });
});

describe('migrations through a pooler', () => {
  it('are refused with one line that says why, and leave no lock', async () => {
    await expect(migrate(pooler.url)).rejects.toThrow('need a direct connection to Postgres');
    const failed = await promisify(execFile)(process.execPath, [MIGRATE], {
      env: { ...process.env, DATABASE_URL: pooler.url, NODE_OPTIONS: '' },
    }).catch((error: { code: number; stderr: string }) => error);
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr.trim().split('\n')).toEqual([
      expect.stringContaining('Migrations need a direct connection to Postgres'),
    ]);
    expect(await fixture.query(`SELECT FROM pg_locks WHERE locktype = 'advisory'`)).toEqual([]);
  });

  it('run on a direct connection meanwhile', async () => {
    await migrate(fixture.url);
  });
});
