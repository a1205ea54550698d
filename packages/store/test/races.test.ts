import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { CommitResult, NewIdempotentResult } from '@ringline/store';
import {
  accept,
  command,
  decidedCommit,
  loadCall,
  mediaJoined,
  person,
  startCall,
  startCommit,
  startOf,
} from './decisions.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.stop());

function tally(results: CommitResult[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const { outcome } of results) counted[outcome] = (counted[outcome] ?? 0) + 1;
  return counted;
}

function times<Value>(count: number, make: (index: number) => Value): Value[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

it('one of ten concurrent decisions on a call is committed', async () => {
  const { store, openStore } = fixture;
  const callId = await startCall(store, 'ann', ['bob']);
  const loaded = await loadCall(store, callId);
  const stores = [store, openStore()];
  const results = await Promise.all(
    times(10, (index) =>
      (stores[index % 2] ?? store).commit(
        decidedCommit(loaded, index < 5 ? accept('bob') : { name: 'end', person: person('ann') }),
      ),
    ),
  );
  expect(tally(results)).toEqual({ committed: 1, conflict: 9 });
  const seqs = (await store.listEvents(callId, 0)).map(({ seq }) => seq);
  expect(seqs).toEqual(times(seqs.length, (index) => index + 1));
});

it('one of ten callers who start a call with the same callee succeeds', async () => {
  const { store, openStore } = fixture;
  const stores = [store, openStore()];
  const results = await Promise.all(
    times(10, (index) =>
      (stores[index % 2] ?? store).commit(
        startCommit(startOf(`caller-${index}`, ['callee']), Date.now()),
      ),
    ),
  );
  expect(tally(results)).toEqual({ committed: 1, claimed: 9 });
});

it('one of ten requests with the same key is committed, and the others are reported as repeats', async () => {
  const { store, openStore, query } = fixture;
  const stores = [store, openStore()];
  const idempotency: NewIdempotentResult = {
    userId: 'cyn',
    key: 'k',
    fingerprint: 'f',
    status: 201,
    refusal: null,
    merged: false,
  };
  const results = await Promise.all(
    times(10, (index) =>
      (stores[index % 2] ?? store).commit(
        startCommit(startOf('cyn', ['dan']), Date.now(), { idempotency }),
      ),
    ),
  );
  expect(tally(results)).toEqual({ committed: 1, repeated: 9 });
  const calls = await query(`SELECT id FROM calls WHERE initiator_id = 'cyn'`);
  expect(calls).toEqual([{ id: (await store.findIdempotent('cyn', 'k'))?.callId }]);
});

it('a key is free for the next request after the first one failed', async () => {
  const { store } = fixture;
  await startCall(store, 'eve', ['fay']);
  const idempotency: NewIdempotentResult = {
    userId: 'gus',
    key: 'k',
    fingerprint: 'f',
    status: 201,
    refusal: null,
    merged: false,
  };
  const results = await Promise.all([
    store.commit(startCommit(startOf('gus', ['fay']), Date.now(), { idempotency })),
    store.commit(startCommit(startOf('gus', ['hal']), Date.now(), { idempotency })),
  ]);
  expect(results.filter(({ outcome }) => outcome === 'committed')).toHaveLength(1);
  expect(await store.findIdempotent('gus', 'k')).not.toBeNull();
});

it('a webhook that arrives five times at once is committed once', async () => {
  const { store } = fixture;
  const callId = await startCall(store, 'ida', ['jan']);
  const loaded = await loadCall(store, callId);
  const webhook = { id: 'EV_1', event: 'participant_joined', userId: 'ida', sid: 'PA', at: 1 };
  const results = await Promise.all(
    times(5, () => store.commit(decidedCommit(loaded, mediaJoined('ida'), { webhook }))),
  );
  expect(tally(results)).toEqual({ committed: 1, duplicate_webhook: 4 });
});

it('different webhooks of one call are committed at once without a deadlock', async () => {
  const { store } = fixture;
  const callId = await startCall(store, 'kim', ['lea']);
  const loaded = await loadCall(store, callId);
  const results = await Promise.all(
    times(10, (index) => {
      const webhook = { id: `EV_x${index}`, event: 'x', userId: null, sid: null, at: 1 };
      return store.commit(decidedCommit(loaded, mediaJoined('kim', index + 1), { webhook }));
    }),
  );
  expect(tally(results)).toEqual({ committed: 1, conflict: 9 });
});

it('hundreds of users who call each other crosswise cause no deadlock', async () => {
  const { store, openStore, query } = fixture;
  const stores = [store, openStore(), openStore()];
  const crowd = times(12, (index) => `crowd-${index}`);
  const startNext = (index: number): Promise<CommitResult> => {
    const caller = crowd[index % crowd.length] ?? '';
    const others = crowd.filter((user) => user !== caller);
    const rotated = [...others.slice(index % 11), ...others.slice(0, index % 11)].slice(0, 3);
    const invitees = index % 2 === 0 ? rotated : rotated.toReversed();
    const command = startOf(caller, invitees);
    return (stores[index % 3] ?? store).commit(startCommit(command, Date.now()));
  };
  const results: CommitResult[] = [];
  for (const wave of times(10, (index) => index)) {
    results.push(...(await Promise.all(times(40, (index) => startNext(wave * 40 + index)))));
    for (const { callId } of await store.listLiveRooms()) {
      const commit = decidedCommit(await loadCall(store, callId), { name: 'force_end' });
      await store.commit(commit);
    }
  }
  const counted = tally(results);
  expect(counted.committed).toBeGreaterThanOrEqual(10);
  expect((counted.committed ?? 0) + (counted.claimed ?? 0)).toBe(400);
  const [deadlocks] = await query<{ deadlocks: string }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  expect(deadlocks?.deadlocks).toBe('0');
});

it('a user is free for another call as soon as the first one has ended', async () => {
  const { store } = fixture;
  const first = await startCall(store, 'moe', ['ned']);
  const ended = command(store, first, { name: 'end', person: person('moe') });
  const started = store.commit(startCommit(startOf('ned', ['moe']), Date.now()));
  const [, result] = await Promise.all([ended, started]);
  expect(['committed', 'claimed']).toContain(result.outcome);
  const { busyUsers } = await store.findBusyUsers(['moe', 'ned'], first);
  expect([...busyUsers.keys()]).toHaveLength(result.outcome === 'committed' ? 2 : 0);
});
