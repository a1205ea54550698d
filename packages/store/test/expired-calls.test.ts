import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Store } from '@ringline/store';
import { Client } from 'pg';
import { commitExpired, connectedCall, expireDeadlines, loadCall, startCall } from './decisions.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await createStoreFixture();
});
afterEach(() => fixture.stop());

const RING_MS = 30_000;

/** Starts calls and moves time to the end of their ring. */
async function startUnansweredCalls(count: number): Promise<string[]> {
  const { store, moveTime } = fixture;
  const callIds: string[] = [];
  for (let index = 0; index < count; index += 1) {
    callIds.push(await startCall(store, `ann-${index}`, [`bob-${index}`]));
  }
  await moveTime(RING_MS);
  return callIds;
}

async function expireAll(store: Store, limit: number): Promise<string[][]> {
  const batches: string[][] = [];
  for (;;) {
    const done = await commitExpired(store, limit);
    if (done.length === 0) return batches;
    batches.push(done.map(({ commit }) => commit.call.id));
  }
}

describe('calls whose deadline has passed', () => {
  it('are decided, and committed with events, invitations and outbox', async () => {
    const { store, query } = fixture;
    const [callId = ''] = await startUnansweredCalls(1);
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

  it('do not include calls whose deadline is still ahead', async () => {
    const { store, moveTime } = fixture;
    await startCall(store, 'ann', ['bob']);
    expect(await commitExpired(store, 10)).toEqual([]);
    await moveTime(RING_MS - 10_000);
    expect(await commitExpired(store, 10)).toEqual([]);
    await moveTime(10_000);
    expect(await commitExpired(store, 10)).toHaveLength(1);
    expect(await commitExpired(store, 10)).toEqual([]);
  });

  it('are locked up to the limit, the longest overdue first', async () => {
    const { store, moveTime } = fixture;
    const first = await startCall(store, 'ann', ['bob']);
    await moveTime(1000);
    const second = await startCall(store, 'cyn', ['dan']);
    await moveTime(RING_MS);
    expect(await expireAll(store, 1)).toEqual([[first], [second]]);
  });

  it('include a connected call again at its next deadline', async () => {
    const { store, moveTime } = fixture;
    const callId = await connectedCall(store, 'ann', 'bob');
    await moveTime(14_400_000 - 60_000);
    expect(await expireAll(store, 10)).toEqual([[callId]]);
    expect((await loadCall(store, callId)).call).toMatchObject({
      state: 'connected',
      warnedFor: expect.any(Number),
    });
    await moveTime(60_000);
    expect(await expireAll(store, 10)).toEqual([[callId]]);
    expect((await loadCall(store, callId)).call.endReason).toBe('max_duration');
  });

  it('stay unchanged when the commit contains no decision on them', async () => {
    const { store } = fixture;
    const [callId = ''] = await startUnansweredCalls(1);
    const before = await loadCall(store, callId);
    expect(await commitExpired(store, 10, () => null)).toEqual([]);
    expect(await store.load(callId)).toEqual({ ...before, now: expect.any(Number) });
    expect(await commitExpired(store, 10)).toHaveLength(1);
  });
});

describe('several workers', () => {
  it('share expired calls without overlap', async () => {
    const { store, openStore } = fixture;
    const callIds = await startUnansweredCalls(60);
    const [ours, theirs] = await Promise.all([expireAll(store, 7), expireAll(openStore(), 7)]);
    expect([...ours, ...theirs].flat().sort()).toEqual(callIds.toSorted());
    expect(ours.length).toBeGreaterThan(0);
    expect(theirs.length).toBeGreaterThan(0);
  });

  it('skip a call that another transaction has locked', async () => {
    const { store, url } = fixture;
    const [busy = '', free = ''] = await startUnansweredCalls(2);
    const transaction = new Client({ connectionString: url });
    await transaction.connect();
    try {
      await transaction.query('BEGIN');
      await transaction.query('SELECT FROM calls WHERE id = $1 FOR UPDATE', [busy]);
      expect(await expireAll(store, 10)).toEqual([[free]]);
    } finally {
      await transaction.end();
    }
    expect(await expireAll(store, 10)).toEqual([[busy]]);
  });

  it('that expire the same call at the same moment commit it once', async () => {
    const { store } = fixture;
    const [callId = ''] = await startUnansweredCalls(1);
    const loaded = await loadCall(store, callId);
    const results = await Promise.all([
      commitExpired(store, 10),
      store.commit(expireDeadlines(loaded)),
    ]);
    const wins = results[0].length + (results[1].outcome === 'committed' ? 1 : 0);
    expect(wins).toBe(1);
    const seqs = (await store.listEvents(callId, 0)).map(({ seq }) => seq);
    expect(seqs).toEqual([1, 2, 3, 4]);
  });
});

describe('postponing an expired call', () => {
  it('lets it expire a minute later, with the time of its deadline', async () => {
    const { store, moveTime } = fixture;
    const [callId = ''] = await startUnansweredCalls(1);
    expect(await store.listExpired(10)).toEqual([callId]);
    await store.postponeExpired(callId);
    expect(await store.listExpired(10)).toEqual([]);
    expect(await commitExpired(store, 10)).toEqual([]);
    await moveTime(60_000);
    expect(await commitExpired(store, 10)).toHaveLength(1);
    const { call } = await loadCall(store, callId);
    expect(call).toMatchObject({ state: 'missed', endedAt: call.createdAt + RING_MS });
  });

  it('does nothing if its deadline is ahead again', async () => {
    const { store, query } = fixture;
    const callId = await startCall(store, 'ann', ['bob']);
    const before = await query('SELECT next_due_at FROM calls');
    await store.postponeExpired(callId);
    expect(await query('SELECT next_due_at FROM calls')).toEqual(before);
  });
});

describe('locked expired calls', () => {
  it('can be locked again after a release without a commit', async () => {
    const { store } = fixture;
    await startUnansweredCalls(1);
    const expired = await store.lockExpired(10, 1000);
    expect(expired.calls).toHaveLength(1);
    expect(await commitExpired(store, 10)).toEqual([]);
    await expired.release();
    await expired.release();
    expect(await commitExpired(store, 10)).toHaveLength(1);
  });
});
