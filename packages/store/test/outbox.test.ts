import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { accept, command, person, startCall, TIMINGS } from './decisions.ts';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
beforeEach(async () => {
  trial = await tryStore();
});
afterEach(() => trial.stop());

/** How long a worker has for itself what it is about to publish. */
const CLAIM_MS = 500;

describe('entries that were not published', () => {
  it('are claimed by another process in the order of their commits', async () => {
    const { store, pass } = trial;
    const callId = await startCall(store, 'ann', ['bob']);
    await command(store, callId, accept('bob'));
    expect(await store.countUnsent()).toBe(2);
    await pass(2000);
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

  it('are left to their own process for as long as told', async () => {
    const { store, pass } = trial;
    await startCall(store, 'ann', ['bob']);
    await pass(30_000);
    expect(await store.claimUnsent(60_000, 10)).toEqual([]);
  });

  it('are claimed up to the limit', async () => {
    const { store, pass } = trial;
    await startCall(store, 'ann', ['bob']);
    await startCall(store, 'cyn', ['dan']);
    await pass(2000);
    expect(await store.claimUnsent(0, 1)).toHaveLength(1);
    expect(await store.countUnsent()).toBe(2);
  });

  it('can be claimed by another worker half a second after one froze with them', async () => {
    const { store, another, pass } = trial;
    await startCall(store, 'ann', ['bob']);
    const frozen = await store.claimUnsent(0, 10);
    expect(await another().claimUnsent(0, 10)).toEqual([]);
    await pass(CLAIM_MS);
    expect(await another().claimUnsent(0, 10)).toEqual(frozen);
  });

  it('are not locked while they are published, and no transaction is open', async () => {
    const { store, query } = trial;
    await startCall(store, 'ann', ['bob']);
    expect(await store.claimUnsent(0, 10)).toHaveLength(1);
    const open = `SELECT state FROM pg_stat_activity
      WHERE datname = current_database() AND state LIKE 'idle in transaction%'`;
    expect(await query(open)).toEqual([]);
    expect(await query('SELECT id FROM outbox FOR UPDATE SKIP LOCKED')).toHaveLength(1);
  });

  it('are shared by two workers without overlap', async () => {
    const { store, another } = trial;
    await startCall(store, 'ann', ['bob']);
    await startCall(store, 'cyn', ['dan']);
    const ours = await store.claimUnsent(0, 1);
    const theirs = await another().claimUnsent(0, 10);
    expect([ours.length, theirs.length]).toEqual([1, 1]);
    expect(theirs[0]?.id).not.toBe(ours[0]?.id);
  });
});

it('forgets what was published at once', async () => {
  const { store, query } = trial;
  await startCall(store, 'ann', ['bob']);
  await startCall(store, 'cyn', ['dan']);
  const [first] = await query<{ id: string }>('SELECT id FROM outbox ORDER BY id');
  await store.clearOutbox([first?.id ?? '']);
  expect(await store.countUnsent()).toBe(1);
  await store.clearOutbox([]);
  expect(await store.countUnsent()).toBe(1);
});

describe('a ring that no device acknowledges', () => {
  /** Long enough that a slow machine does not pass it by itself. */
  const FOR_MS = 10_000;
  const timings = { ...TIMINGS, ringSeconds: 100 };

  it('is listed for its user from some age on, until a device rings', async () => {
    const { store, pass } = trial;
    const callId = await startCall(store, 'ann', ['bob'], { timings });
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual([]);
    expect(await store.hasUnacknowledgedRings(FOR_MS)).toBe(false);
    await pass(FOR_MS);
    expect(await store.hasUnacknowledgedRings(FOR_MS)).toBe(true);
    const rings = [{ callId, userId: 'bob' }];
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual(rings);
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual(rings);
    await command(store, callId, { name: 'acknowledge_ring', person: person('bob') });
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual([]);
    expect(await store.hasUnacknowledgedRings(FOR_MS)).toBe(false);
  });

  it('is listed only for the users that are asked for', async () => {
    const { store, pass } = trial;
    const callId = await startCall(store, 'ann', ['bob', 'cyn', 'dan'], { timings });
    await pass(FOR_MS);
    const rings = await store.listUnacknowledgedRings(FOR_MS, ['ann', 'bob', 'dan', 'eve']);
    expect(rings.toSorted((a, b) => a.userId.localeCompare(b.userId))).toEqual([
      { callId, userId: 'bob' },
      { callId, userId: 'dan' },
    ]);
    expect(await store.listUnacknowledgedRings(FOR_MS, [])).toEqual([]);
  });

  it('is not listed once it has expired, even before its call is decided', async () => {
    const { store, pass } = trial;
    await startCall(store, 'ann', ['bob'], { timings });
    await pass(100_000);
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual([]);
    expect(await store.hasUnacknowledgedRings(FOR_MS)).toBe(false);
  });

  it('is written by nothing but a decision, so an offline callee costs no write', async () => {
    const { store, pass, query } = trial;
    await startCall(store, 'ann', ['bob'], { timings });
    await pass(FOR_MS);
    const rows = () =>
      query('SELECT xmin::text, ctid::text FROM call_participants ORDER BY position');
    const before = await rows();
    await store.listUnacknowledgedRings(FOR_MS, ['bob']);
    expect(await rows()).toEqual(before);
  });

  it('starts its age again with each invitation', async () => {
    const { store, pass } = trial;
    const callId = await startCall(store, 'ann', ['bob', 'cyn'], { timings });
    await pass(FOR_MS);
    await command(store, callId, { name: 'leave', person: person('bob') });
    await pass(20_000);
    const invite = {
      name: 'invite',
      person: person('ann'),
      participantIds: ['bob'],
      busyUsers: new Map(),
    } as const;
    await command(store, callId, invite);
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual([]);
    await pass(FOR_MS);
    expect(await store.listUnacknowledgedRings(FOR_MS, ['bob'])).toEqual([
      { callId, userId: 'bob' },
    ]);
  });
});
