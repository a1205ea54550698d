import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createStore, openDatabase, StoreUnavailable } from '@ringline/store';
import { createOutboxGate } from '@ringline/testing/outbox-gate';
import { startPostgresProxy } from '@ringline/testing/postgres-proxy';
import { until } from '@ringline/testing/until';
import { Client } from 'pg';
import {
  accept,
  commitExpired,
  decidedCommit,
  loadCall,
  passTime,
  startCall,
} from './decisions.ts';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
beforeEach(async () => {
  trial = await tryStore();
});
afterEach(() => trial.stop());

async function startDue(count: number): Promise<string[]> {
  const callIds: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = `${callIds.length}-${Math.random()}`;
    callIds.push(await startCall(trial.store, `ann-${id}`, [`bob-${id}`]));
  }
  await trial.pass(30_000);
  return callIds;
}

async function work(limit: number): Promise<string[][]> {
  const batches: string[][] = [];
  for (;;) {
    const done = await commitExpired(trial.store, limit);
    if (done.length === 0) return batches;
    batches.push(done.map(({ commit }) => commit.call.id));
  }
}

/** Makes each update of a call take that long. */
function slowDown(seconds: number) {
  return trial.query(`
    CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(${seconds}); RETURN NEW; END $$;
    CREATE TRIGGER be_slow BEFORE UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION be_slow()`);
}

describe('a batch of due calls', () => {
  it('is halved until it fits into its second, and grows again', async () => {
    const slow = await startDue(16);
    await slowDown(0.1);
    const batches = await work(16);
    expect(batches.flat().sort()).toEqual(slow.toSorted());
    expect(Math.max(...batches.map(({ length }) => length))).toBeLessThan(16);

    await trial.query('DROP TRIGGER be_slow ON calls');
    const quick = await startDue(64);
    const later = await work(16);
    expect(later.flat().sort()).toEqual(quick.toSorted());
    expect(Math.max(...later.map(({ length }) => length))).toBe(16);
  });

  it('of a single call may take longer than a second', async () => {
    const [callId] = await startDue(1);
    await slowDown(1.2);
    expect(await work(1)).toEqual([[callId]]);
  });
});

describe('a process that freezes in the middle of a transaction', () => {
  it('loses its calls to another after a second, is refused, and then works again', async () => {
    const [callId] = await startDue(1);
    const proxy = await startPostgresProxy(trial.url);
    const ignore = (): void => undefined;
    const logger = { error: ignore, warn: ignore, info: ignore, debug: ignore };
    const frozen = createStore(openDatabase({ url: proxy.url, poolSize: 1, logger }));
    const deciding = Promise.withResolvers<void>();
    const freezing = commitExpired(frozen, 1, (loaded) => {
      proxy.freeze();
      deciding.resolve();
      return passTime(loaded);
    });
    await deciding.promise;
    expect(await work(10)).toEqual([]);
    const [done] = await until('another decides it', async () => {
      const batches = await work(10);
      return batches.length > 0 && batches;
    });
    expect(done).toEqual([callId]);
    proxy.thaw();
    await expect(freezing).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await commitExpired(frozen, 1)).toEqual([]);
    await frozen.close();
    await proxy.close();
  });

  it('learns that its commit timed out, and can commit again', async () => {
    const callId = await startCall(trial.store, 'ann', ['bob']);
    const before = await loadCall(trial.store, callId);
    const proxy = await startPostgresProxy(trial.url);
    const ignore = (): void => undefined;
    const logger = { error: ignore, warn: ignore, info: ignore, debug: ignore };
    const frozen = createStore(openDatabase({ url: proxy.url, poolSize: 1, logger }));
    const gate = await createOutboxGate(trial.url);
    await gate.shut();
    const committing = frozen.commit(decidedCommit(before, accept('bob')));
    await gate.reached();
    proxy.freeze();
    await gate.open();
    await until('its lock is free', async () => {
      const free = await trial.query('SELECT id FROM calls FOR UPDATE SKIP LOCKED');
      return free.length === 1;
    });
    proxy.thaw();
    expect(await committing).toMatchObject({
      outcome: 'timed_out',
      error: { name: 'StoreUnavailable' },
    });
    const again = await frozen.commit(decidedCommit(before, accept('bob')));
    expect(again).toMatchObject({ outcome: 'committed', version: 2 });
    await gate.remove();
    await frozen.close();
    await proxy.close();
  });

  it('does not make a commit fail that waits for its lock', async () => {
    const callId = await startCall(trial.store, 'ann', ['bob']);
    const before = await loadCall(trial.store, callId);
    const frozen = new Client({ connectionString: trial.url });
    const lost = new Promise((resolve) => frozen.on('error', resolve));
    await frozen.connect();
    await frozen.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 1000');
    await frozen.query('SELECT FROM calls WHERE id = $1 FOR UPDATE', [callId]);
    const result = await trial.store.commit(decidedCommit(before, accept('bob')));
    expect(result).toMatchObject({ outcome: 'committed', version: 2 });
    await lost;
  });
});
