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
  expireDeadlines,
  loadCall,
  startCall,
} from './decisions.ts';
import { createStoreFixture, type StoreFixture, silentLogger } from './store-fixture.ts';

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await createStoreFixture();
});
afterEach(() => fixture.stop());

async function startUnansweredCalls(count: number): Promise<string[]> {
  const callIds: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = `${callIds.length}-${Math.random()}`;
    callIds.push(await startCall(fixture.store, `ann-${id}`, [`bob-${id}`]));
  }
  await fixture.moveTime(30_000);
  return callIds;
}

async function expireAll(limit: number): Promise<string[][]> {
  const batches: string[][] = [];
  for (;;) {
    const done = await commitExpired(fixture.store, limit);
    if (done.length === 0) return batches;
    batches.push(done.map(({ commit }) => commit.call.id));
  }
}

/** Makes each update of a call take this long. */
function slowDown(seconds: number) {
  return fixture.query(`
    CREATE FUNCTION slow_down() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(${seconds}); RETURN NEW; END $$;
    CREATE TRIGGER slow_down BEFORE UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION slow_down()`);
}

describe('a batch of expired calls', () => {
  it('is halved until it takes less than a second, and grows again', async () => {
    const slow = await startUnansweredCalls(16);
    await slowDown(0.1);
    const batches = await expireAll(16);
    expect(batches.flat().sort()).toEqual(slow.toSorted());
    expect(Math.max(...batches.map(({ length }) => length))).toBeLessThan(16);

    await fixture.query('DROP TRIGGER slow_down ON calls');
    const quick = await startUnansweredCalls(64);
    const later = await expireAll(16);
    expect(later.flat().sort()).toEqual(quick.toSorted());
    expect(Math.max(...later.map(({ length }) => length))).toBe(16);
  });

  it('may take longer than a second if it is a single call', async () => {
    const [callId] = await startUnansweredCalls(1);
    await slowDown(1.2);
    expect(await expireAll(1)).toEqual([[callId]]);
  });
});

describe('a process that freezes during a transaction', () => {
  it('loses its locks after a second, gets StoreUnavailable, and works again', async () => {
    const [callId] = await startUnansweredCalls(1);
    const proxy = await startPostgresProxy(fixture.url);
    const frozen = createStore(openDatabase({ url: proxy.url, poolSize: 1, logger: silentLogger }));
    const deciding = Promise.withResolvers<void>();
    const freezing = commitExpired(frozen, 1, (loaded) => {
      proxy.freeze();
      deciding.resolve();
      return expireDeadlines(loaded);
    });
    await deciding.promise;
    expect(await expireAll(10)).toEqual([]);
    const [done] = await until('another process decides it', async () => {
      const batches = await expireAll(10);
      return batches.length > 0 && batches;
    });
    expect(done).toEqual([callId]);
    proxy.thaw();
    await expect(freezing).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await commitExpired(frozen, 1)).toEqual([]);
    await frozen.close();
    await proxy.close();
  });

  it('gets timed_out for its commit, and can commit again', async () => {
    const callId = await startCall(fixture.store, 'ann', ['bob']);
    const before = await loadCall(fixture.store, callId);
    const proxy = await startPostgresProxy(fixture.url);
    const frozen = createStore(openDatabase({ url: proxy.url, poolSize: 1, logger: silentLogger }));
    const gate = await createOutboxGate(fixture.url);
    await gate.shut();
    const committing = frozen.commit(decidedCommit(before, accept('bob')));
    await gate.reached();
    proxy.freeze();
    await gate.open();
    await until('its lock is free', async () => {
      const free = await fixture.query('SELECT id FROM calls FOR UPDATE SKIP LOCKED');
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

  it('does not fail a commit that waits for its lock', async () => {
    const callId = await startCall(fixture.store, 'ann', ['bob']);
    const before = await loadCall(fixture.store, callId);
    const frozen = new Client({ connectionString: fixture.url });
    const lost = new Promise((resolve) => frozen.on('error', resolve));
    await frozen.connect();
    await frozen.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 1000');
    await frozen.query('SELECT FROM calls WHERE id = $1 FOR UPDATE', [callId]);
    const result = await fixture.store.commit(decidedCommit(before, accept('bob')));
    expect(result).toMatchObject({ outcome: 'committed', version: 2 });
    await lost;
  });
});
