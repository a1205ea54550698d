import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { accept, command, person, startCall, TIMINGS } from './decisions.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await createStoreFixture();
});
afterEach(() => fixture.stop());

/** How long other workers cannot claim what a worker has claimed. */
const CLAIM_MS = 500;

describe('entries that were not published', () => {
  it('are claimed in the order of their commits', async () => {
    const { store, moveTime } = fixture;
    const callId = await startCall(store, 'ann', ['bob']);
    await command(store, callId, accept('bob'));
    expect(await store.countUnsent()).toBe(2);
    await moveTime(2000);
    const entries = await store.claimUnsent(2000, 10);
    expect(entries.map((entry) => entry.callId)).toEqual([callId, callId]);
    expect(entries.map(({ messages }) => messages.map(({ event }) => event))).toEqual([
      ['call:started', 'call:state_changed'],
      ['call:accepted', 'call:state_changed'],
    ]);
    expect(entries[0]?.messages[0]?.to).toEqual(['ann', 'bob']);
    await store.clearOutbox(entries.map(({ id }) => id));
    expect(await store.countUnsent()).toBe(0);
    expect(await store.claimUnsent(2000, 10)).toEqual([]);
  });

  it('are not claimed before the given age', async () => {
    const { store, moveTime } = fixture;
    await startCall(store, 'ann', ['bob']);
    await moveTime(30_000);
    expect(await store.claimUnsent(60_000, 10)).toEqual([]);
  });

  it('are claimed up to the limit', async () => {
    const { store, moveTime } = fixture;
    await startCall(store, 'ann', ['bob']);
    await startCall(store, 'cyn', ['dan']);
    await moveTime(2000);
    expect(await store.claimUnsent(0, 1)).toHaveLength(1);
    expect(await store.countUnsent()).toBe(2);
  });

  it('can be claimed by another worker half a second after the first one froze', async () => {
    const { store, openStore, moveTime } = fixture;
    await startCall(store, 'ann', ['bob']);
    const frozen = await store.claimUnsent(0, 10);
    expect(await openStore().claimUnsent(0, 10)).toEqual([]);
    await moveTime(CLAIM_MS);
    expect(await openStore().claimUnsent(0, 10)).toEqual(frozen);
  });

  it('are claimed without a lock or an open transaction', async () => {
    const { store, query } = fixture;
    await startCall(store, 'ann', ['bob']);
    expect(await store.claimUnsent(0, 10)).toHaveLength(1);
    const open = `SELECT state FROM pg_stat_activity
      WHERE datname = current_database() AND state LIKE 'idle in transaction%'`;
    expect(await query(open)).toEqual([]);
    expect(await query('SELECT id FROM outbox FOR UPDATE SKIP LOCKED')).toHaveLength(1);
  });

  it('are claimed by two workers without overlap', async () => {
    const { store, openStore } = fixture;
    await startCall(store, 'ann', ['bob']);
    await startCall(store, 'cyn', ['dan']);
    const ours = await store.claimUnsent(0, 1);
    const theirs = await openStore().claimUnsent(0, 10);
    expect([ours.length, theirs.length]).toEqual([1, 1]);
    expect(theirs[0]?.id).not.toBe(ours[0]?.id);
  });
});

it('clearOutbox deletes only the given entries', async () => {
  const { store, query } = fixture;
  await startCall(store, 'ann', ['bob']);
  await startCall(store, 'cyn', ['dan']);
  const [first] = await query<{ id: string }>('SELECT id FROM outbox ORDER BY id');
  await store.clearOutbox([first?.id ?? '']);
  expect(await store.countUnsent()).toBe(1);
  await store.clearOutbox([]);
  expect(await store.countUnsent()).toBe(1);
});

describe('a ring that no device acknowledges', () => {
  /** Long enough that real time does not reach it on a slow machine. */
  const FOR_MS = 10_000;
  const timings = { ...TIMINGS, ringSeconds: 100 };

  it('is listed from the given age on until a device acknowledges it', async () => {
    const { store, moveTime } = fixture;
    const callId = await startCall(store, 'ann', ['bob'], { timings });
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual([]);
    expect(await store.hasUnacknowledgedRings(FOR_MS)).toBe(false);
    await moveTime(FOR_MS);
    expect(await store.hasUnacknowledgedRings(FOR_MS)).toBe(true);
    const rings = [{ callId, userId: 'bob' }];
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual(rings);
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual(rings);
    await command(store, callId, { name: 'acknowledge_ring', person: person('bob') });
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual([]);
    expect(await store.hasUnacknowledgedRings(FOR_MS)).toBe(false);
  });

  it('is listed only for the given users', async () => {
    const { store, moveTime } = fixture;
    const callId = await startCall(store, 'ann', ['bob', 'cyn', 'dan'], { timings });
    await moveTime(FOR_MS);
    const rings = await store.listUnacknowledgedRings(FOR_MS, ['ann', 'bob', 'dan', 'eve']);
    expect(rings.toSorted((a, b) => a.userId.localeCompare(b.userId))).toEqual([
      { callId, userId: 'bob' },
      { callId, userId: 'dan' },
    ]);
    expect(await store.listUnacknowledgedRings(FOR_MS, [])).toEqual([]);
  });

  it('is not listed after it has expired, even if the call is not decided yet', async () => {
    const { store, moveTime } = fixture;
    await startCall(store, 'ann', ['bob'], { timings });
    await moveTime(100_000);
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual([]);
    expect(await store.hasUnacknowledgedRings(FOR_MS)).toBe(false);
  });

  it('is listed without a write, so an offline callee costs none', async () => {
    const { store, moveTime, query } = fixture;
    await startCall(store, 'ann', ['bob'], { timings });
    await moveTime(FOR_MS);
    const rows = () =>
      query('SELECT xmin::text, ctid::text FROM call_participants ORDER BY position');
    const before = await rows();
    await store.listUnacknowledgedRings(FOR_MS, ['bob']);
    expect(await rows()).toEqual(before);
  });

  it('has its age counted from the latest invitation', async () => {
    const { store, moveTime } = fixture;
    const callId = await startCall(store, 'ann', ['bob', 'cyn'], { timings });
    await moveTime(FOR_MS);
    await command(store, callId, { name: 'leave', person: person('bob') });
    await moveTime(20_000);
    const invite = {
      name: 'invite',
      person: person('ann'),
      participantIds: ['bob'],
      busyUsers: new Map(),
    } as const;
    await command(store, callId, invite);
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual([]);
    await moveTime(FOR_MS);
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual([
      { callId, userId: 'bob' },
    ]);
  });
});
