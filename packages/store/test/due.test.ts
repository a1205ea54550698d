import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Loaded, Store } from '@ringline/store';
import { Client } from 'pg';
import { connectedCall, loadCall, passTime, startCall } from './decisions.ts';
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
    const done = await store.commitExpired(limit, passTime);
    if (done.length === 0) return batches;
    batches.push(done.map(({ commit }) => commit.call.id));
  }
}

describe('what is due', () => {
  it('is decided, and committed with all that belongs to it', async () => {
    const { store, query } = trial;
    const [callId = ''] = await missedCalls(1);
    const ringing = await loadCall(store, callId);
    const [done, ...more] = await store.commitExpired(10, passTime);
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
    expect(await store.commitExpired(10, passTime)).toEqual([]);
    await pass(RING_MS - 10_000);
    expect(await store.commitExpired(10, passTime)).toEqual([]);
    await pass(10_000);
    expect(await store.commitExpired(10, passTime)).toHaveLength(1);
    expect(await store.commitExpired(10, passTime)).toEqual([]);
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
    expect(await store.commitExpired(10, () => null)).toEqual([]);
    expect(await store.load(callId)).toEqual({ ...before, now: expect.any(Number) });
    expect(await store.commitExpired(10, passTime)).toHaveLength(1);
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
    const results = await Promise.all([
      store.commitExpired(10, passTime),
      store.commit(passTime(loaded)),
    ]);
    const wins = results[0].length + (results[1].outcome === 'committed' ? 1 : 0);
    expect(wins).toBe(1);
    const seqs = (await store.listEvents(callId, 0)).map(({ seq }) => seq);
    expect(seqs).toEqual([1, 2, 3, 4]);
  });
});

describe('a call that cannot be decided', () => {
  const failFor = (callId: string) => (loaded: Loaded) => {
    if (loaded.call.id === callId) throw new Error('a rule failed');
    return passTime(loaded);
  };

  it('does not keep the others from being decided', async () => {
    const { store, complaints } = trial;
    const [first = '', ...others] = await missedCalls(5);
    const done = await store.commitExpired(10, failFor(first));
    expect(done.map(({ commit }) => commit.call.id).sort()).toEqual(others.toSorted());
    expect((await loadCall(store, first)).call.state).toBe('ringing');
    expect(complaints).toContain('a due call could not be decided and is put off');
  });

  it('is put off for a minute, and then decided as if nothing had been', async () => {
    const { store, pass } = trial;
    const [callId = ''] = await missedCalls(1);
    await store.commitExpired(10, failFor(callId));
    expect(await store.commitExpired(10, passTime)).toEqual([]);
    await pass(60_000);
    expect(await store.commitExpired(10, passTime)).toHaveLength(1);
    const { call } = await loadCall(store, callId);
    expect(call).toMatchObject({ state: 'missed', endedAt: call.createdAt + RING_MS });
  });

  it('is put off as well where the database finds its decision illegal', async () => {
    const { store } = trial;
    const [bad = '', good = ''] = await missedCalls(2);
    const done = await store.commitExpired(10, (loaded) => {
      const commit = passTime(loaded);
      if (loaded.call.id !== bad) return commit;
      return { ...commit, call: { ...commit.call, endReason: null } };
    });
    expect(done.map(({ commit }) => commit.call.id)).toEqual([good]);
    expect((await loadCall(store, bad)).call.state).toBe('ringing');
  });
});
