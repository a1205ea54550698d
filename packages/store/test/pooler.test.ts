import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkDatabase, createStore, migrate, openDatabase, type Store } from '@ringline/store';
import { type PgBouncer, startPgBouncer } from '@ringline/testing/pgbouncer';
import { accept, commitExpired, decidedCommit, loadCall, startCall } from './decisions.ts';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

const MIGRATE = join(import.meta.dirname, '..', '..', '..', 'scripts', 'migrate.ts');

let trial: StoreOnTrial;
let pooler: PgBouncer;
const stores: Store[] = [];
const complaints: string[] = [];
function complain(message: string): void {
  complaints.push(message);
}
function ignore() {
  return undefined;
}
const logger = { error: complain, warn: complain, info: ignore, debug: ignore };

/** The store of one process, whose connections to Postgres are those of all of them. */
function pooled(poolSize = 5): Store {
  const store = createStore(openDatabase({ url: pooler.url, poolSize, logger }));
  stores.push(store);
  return store;
}

beforeAll(async () => {
  trial = await tryStore();
  pooler = await startPgBouncer(trial.url);
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await pooler.stop();
  await trial.stop();
});

describe('behind PgBouncer in transaction mode', () => {
  it('several processes start, answer and read calls at once', async () => {
    const processes = [pooled(), pooled(), pooled()];
    const play = async (store: Store, index: number): Promise<void> => {
      const [ann, bob] = [`ann-${index}`, `bob-${index}`];
      const callId = await startCall(store, ann, [bob]);
      const before = await loadCall(store, callId);
      const result = await store.commit(decidedCommit(before, accept(bob)));
      expect(result).toMatchObject({ outcome: 'committed' });
      const { entries } = (await store.listHistory(ann, { limit: 5 })) as { entries: unknown[] };
      expect(entries).toHaveLength(1);
      expect(await store.listEvents(callId, 0)).not.toHaveLength(0);
      expect(await store.takeLease('test', 'holder', 1)).toBe(true);
    };
    const plays = Array.from({ length: 60 }, (_, index) =>
      play(processes[index % processes.length] as Store, index),
    );
    await Promise.all(plays);
  });

  it('a batch that takes too long is ended by Postgres, and halved', async () => {
    const store = pooled();
    for (let index = 0; index < 12; index += 1) {
      await startCall(store, `cyn-${index}`, [`dan-${index}`]);
    }
    await trial.query(`
      CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$;
      CREATE TRIGGER be_slow BEFORE UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION be_slow()`);
    await trial.pass(60_000);
    const batches: number[] = [];
    for (;;) {
      const { length } = await commitExpired(store, 12);
      if (length === 0) break;
      batches.push(length);
    }
    await trial.query('DROP TRIGGER be_slow ON calls');
    expect(Math.max(...batches)).toBeLessThan(12);
  }, 60_000);

  it('leaves no setting behind on the connections of others', async () => {
    const store = pooled(1);
    await store.ping();
    await startCall(store, 'eve', ['fay']);
    const settings = await trial.query(
      `SELECT DISTINCT setting FROM pg_settings WHERE name = 'statement_timeout'`,
    );
    expect(settings).toEqual([{ setting: '0' }]);
  });

  it('looks for violations of the invariants', async () => {
    const { checked } = await checkDatabase(pooler.url, {
      limit: 10,
      retention: { eventDays: 30, callDays: 365 },
    });
    expect(checked.length).toBeGreaterThan(0);
  });

  it('says at most once what the pooler lacks', () => {
    expect(
      complaints.filter((line) => line.includes('max_prepared_statements')).length,
    ).toBeLessThanOrEqual(stores.length);
    const others = complaints.filter((line) => !line.includes('max_prepared_statements'));
    // The batch that took too long may lose its connection.
    expect(others.filter((line) => line !== 'a connection to Postgres was lost')).toEqual([]);
  });
});

describe('migrations', () => {
  it('are refused behind it with one line that says why, and leave no lock', async () => {
    await expect(migrate(pooler.url)).rejects.toThrow('need a direct connection to Postgres');
    const failed = await promisify(execFile)(process.execPath, [MIGRATE], {
      env: { ...process.env, DATABASE_URL: pooler.url, NODE_OPTIONS: '' },
    }).catch((error: { code: number; stderr: string }) => error);
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr.trim().split('\n')).toEqual([
      expect.stringContaining('Migrations need a direct connection to Postgres'),
    ]);
    expect(await trial.query(`SELECT FROM pg_locks WHERE locktype = 'advisory'`)).toEqual([]);
  });

  it('run on a direct connection while the pooler is in use', async () => {
    await migrate(trial.url);
  });
});
