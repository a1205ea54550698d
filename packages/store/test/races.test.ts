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
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
beforeAll(async () => {
  trial = await tryStore();
});
afterAll(() => trial.stop());

function tally(results: CommitResult[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const { outcome } of results) counted[outcome] = (counted[outcome] ?? 0) + 1;
  return counted;
}

function times<Value>(count: number, make: (index: number) => Value): Value[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

it('lets one of ten decisions on the same call win', async () => {
  const { store, another } = trial;
  const callId = await startCall(store, 'ann', ['bob']);
  const loaded = await loadCall(store, callId);
  const stores = [store, another()];
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

it('lets one of ten callers win the same callee', async () => {
  const { store, another } = trial;
  const stores = [store, another()];
  const results = await Promise.all(
    times(10, (index) =>
      (stores[index % 2] ?? store).commit(
        startCommit(startOf(`caller-${index}`, ['wanted']), Date.now()),
      ),
    ),
  );
  expect(tally(results)).toEqual({ committed: 1, claimed: 9 });
});

it('lets one of ten requests with the same key win, each knowing that it was repeated', async () => {
  const { store, another, query } = trial;
  const stores = [store, another()];
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

it('lets the next one have a key whose first request failed', async () => {
  const { store } = trial;
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

it('takes in a webhook once, though it comes five times at once', async () => {
  const { store } = trial;
  const callId = await startCall(store, 'ida', ['jan']);
  const loaded = await loadCall(store, callId);
  const report = { id: 'EV_1', event: 'participant_joined', userId: 'ida', sid: 'PA', at: 1 };
  const results = await Promise.all(
    times(5, () => store.commit(decidedCommit(loaded, mediaJoined('ida'), { webhook: report }))),
  );
  expect(tally(results)).toEqual({ committed: 1, duplicate_webhook: 4 });
});

it('takes in different webhooks of one call at once, without a deadlock', async () => {
  const { store } = trial;
  const callId = await startCall(store, 'kim', ['lea']);
  const loaded = await loadCall(store, callId);
  const results = await Promise.all(
    times(10, (index) => {
      const report = { id: `EV_x${index}`, event: 'x', userId: null, sid: null, at: 1 };
      return store.commit(
        decidedCommit(loaded, mediaJoined('kim', index + 1), { webhook: report }),
      );
    }),
  );
  expect(tally(results)).toEqual({ committed: 1, conflict: 9 });
});

it('does not deadlock when hundreds want each other crosswise', async () => {
  const { store, another, query } = trial;
  const stores = [store, another(), another()];
  const crowd = times(12, (index) => `crowd-${index}`);
  const startedBy = (round: number): Promise<CommitResult> => {
    const caller = crowd[round % crowd.length] ?? '';
    const others = crowd.filter((user) => user !== caller);
    const turned = [...others.slice(round % 11), ...others.slice(0, round % 11)].slice(0, 3);
    const invitees = round % 2 === 0 ? turned : turned.toReversed();
    const command = startOf(caller, invitees);
    return (stores[round % 3] ?? store).commit(startCommit(command, Date.now()));
  };
  const results: CommitResult[] = [];
  for (const wave of times(10, (index) => index)) {
    results.push(...(await Promise.all(times(40, (index) => startedBy(wave * 40 + index)))));
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

it('hands a user on from one call to another at once', async () => {
  const { store } = trial;
  const first = await startCall(store, 'moe', ['ned']);
  const ended = command(store, first, { name: 'end', person: person('moe') });
  const started = store.commit(startCommit(startOf('ned', ['moe']), Date.now()));
  const [, result] = await Promise.all([ended, started]);
  expect(['committed', 'claimed']).toContain(result.outcome);
  const { busyUsers } = await store.findBusyUsers(['moe', 'ned'], first);
  expect([...busyUsers.keys()]).toHaveLength(result.outcome === 'committed' ? 2 : 0);
});
