import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Store } from '@ringline/store';
import { Client } from 'pg';
import { commitExpired, connectedCall, loadCall, passTime, startCall } from './decisions.ts';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
beforeEach(async () => {
  trial = await tryStore();
});
afterEach(() => trial.stop());

const RING_MS = 30_000;

/** Starts so many calls, and lets the time come at which nobody answered. */
async function missedCalls(count: number): Promise<string[]> {
  const { store, pass } = trial;
  const callIds: string[] = [];
  for (let index = 0; index < count; index += 1) {
    callIds.push(await startCall(store, `ann-${index}`, [`bob-${index}`]));
  }
  await pass(RING_MS);
  return callIds;
}

async function work(store: Store, limit: number): Promise<string[][]> {
  const batches: string[][] = [];
  for (;;) {
    const done = await commitExpired(store, limit);
    if (done.length === 0) return batches;
    batches.push(done.map(({ commit }) => commit.call.id));
  }
}

describe('what is due', () => {
  it('is decided, and committed with all that belongs to it', async () => {
    const { store, query } = trial;
    const [callId = ''] = await missedCalls(1);
    const ringing = await loadCall(store, callId);
    const [done, ...more] = await commitExpired(store, 10);
    expect(more).toEqual([]);
    const { call } = await loadCall(store, callId);
    expect(call).toEqual(done?.commit.call);
    expect(call).toMatchObject({
      state: 'missed',
      endReason: 'no_answer',
      endedAt: ringing.call.createdAt + RING_MS,
    });
    expect(await store.load(callId)).toMatchObject({ version: 2 });
    expect((await store.listEvents(callId, 2)).map(({ event }) => event)).toEqual([
      'call:missed',
      'call:ended',
    ]);
    expect(await query('SELECT outcome FROM call_invitations')).toEqual([{ outcome: 'missed' }]);
    expect(await query('SELECT id FROM outbox ORDER BY id DESC LIMIT 1')).toEqual([
      { id: done?.outboxId },
    ]);
    expect(await store.findBusyUsers(['ann-0', 'bob-0'], null)).toMatchObject({
      busyUsers: new Map(),
    });
  });

  it('is only what has come to its time', async () => {
    const { store, pass } = trial;
    await startCall(store, 'ann', ['bob']);
    expect(await commitExpired(store, 10)).toEqual([]);
    await pass(RING_MS - 10_000);
    expect(await commitExpired(store, 10)).toEqual([]);
    await pass(10_000);
    expect(await commitExpired(store, 10)).toHaveLength(1);
    expect(await commitExpired(store, 10)).toEqual([]);
  });

  it('is taken up to the limit, the longest due first', async () => {
    const { store, pass } = trial;
    const late = await startCall(store, 'ann', ['bob']);
    await pass(1000);
    const later = await startCall(store, 'cyn', ['dan']);
    await pass(RING_MS);
    expect(await work(store, 1)).toEqual([[late], [later]]);
  });

  it('finds a running call again until it has nothing more to wait for', async () => {
    const { store, pass } = trial;
    const callId = await connectedCall(store, 'ann', 'bob');
    await pass(14_400_000 - 60_000);
    expect(await work(store, 10)).toEqual([[callId]]);
    expect((await loadCall(store, callId)).call).toMatchObject({
      state: 'connected',
      warnedFor: expect.any(Number),
    });
    await pass(60_000);
    expect(await work(store, 10)).toEqual([[callId]]);
    expect((await loadCall(store, callId)).call.endReason).toBe('max_duration');
  });

  it('is left as it is where nothing was decided', async () => {
    const { store } = trial;
    const [callId = ''] = await missedCalls(1);
    const before = await loadCall(store, callId);
    expect(await commitExpired(store, 10, () => null)).toEqual([]);
    expect(await store.load(callId)).toEqual({ ...before, now: expect.any(Number) });
    expect(await commitExpired(store, 10)).toHaveLength(1);
  });
});

describe('several workers', () => {
  it('share what is due without overlap', async () => {
    const { store, another } = trial;
    const callIds = await missedCalls(60);
    const [ours, theirs] = await Promise.all([work(store, 7), work(another(), 7)]);
    expect([...ours, ...theirs].flat().sort()).toEqual(callIds.toSorted());
    expect(ours.length).toBeGreaterThan(0);
    expect(theirs.length).toBeGreaterThan(0);
  });

  it('do not wait for a call that somebody is deciding on', async () => {
    const { store, url } = trial;
    const [busy = '', free = ''] = await missedCalls(2);
    const somebody = new Client({ connectionString: url });
    await somebody.connect();
    try {
      await somebody.query('BEGIN');
      await somebody.query('SELECT FROM calls WHERE id = $1 FOR UPDATE', [busy]);
      expect(await work(store, 10)).toEqual([[free]]);
    } finally {
      await somebody.end();
    }
    expect(await work(store, 10)).toEqual([[busy]]);
  });

  it('and a user who accepts in the last instant agree on one outcome', async () => {
    const { store } = trial;
    const [callId = ''] = await missedCalls(1);
    const loaded = await loadCall(store, callId);
    const results = await Promise.all([commitExpired(store, 10), store.commit(passTime(loaded))]);
    const wins = results[0].length + (results[1].outcome === 'committed' ? 1 : 0);
    expect(wins).toBe(1);
    const seqs = (await store.listEvents(callId, 0)).map(({ seq }) => seq);
    expect(seqs).toEqual([1, 2, 3, 4]);
  });
});

describe('an expired call that is postponed', () => {
  it('expires a minute later, at its own time', async () => {
    const { store, pass } = trial;
    const [callId = ''] = await missedCalls(1);
    expect(await store.listExpired(10)).toEqual([callId]);
    await store.postponeExpired(callId);
    expect(await store.listExpired(10)).toEqual([]);
    expect(await commitExpired(store, 10)).toEqual([]);
    await pass(60_000);
    expect(await commitExpired(store, 10)).toHaveLength(1);
    const { call } = await loadCall(store, callId);
    expect(call).toMatchObject({ state: 'missed', endedAt: call.createdAt + RING_MS });
  });

  it('is left alone if it is not due any more', async () => {
    const { store, query } = trial;
    const callId = await startCall(store, 'ann', ['bob']);
    const before = await query('SELECT next_due_at FROM calls');
    await store.postponeExpired(callId);
    expect(await query('SELECT next_due_at FROM calls')).toEqual(before);
  });
});

describe('expired calls that are locked', () => {
  it('are free again when they are released without a commit', async () => {
    const { store } = trial;
    await missedCalls(1);
    const expired = await store.lockExpired(10, 1000);
    expect(expired.calls).toHaveLength(1);
    expect(await commitExpired(store, 10)).toEqual([]);
    await expired.release();
    await expired.release();
    expect(await commitExpired(store, 10)).toHaveLength(1);
  });
});
