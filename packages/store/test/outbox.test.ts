import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OutboxEntry } from '@ringline/store';
import { accept, command, person, startCall, TIMINGS } from './decisions.ts';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
beforeEach(async () => {
  trial = await tryStore();
});
afterEach(() => trial.stop());

/** How long a worker has for itself what it is about to publish. */
const CLAIM_MS = 500;

/** Redelivers to a list. */
function collect() {
  const told: OutboxEntry[] = [];
  const publish = async (entries: OutboxEntry[]): Promise<void> => {
    told.push(...entries);
  };
  return { told, publish };
}

describe('what a process committed and did not live to publish', () => {
  it('is published by another, in the order of the commits, and forgotten', async () => {
    const { store, pass } = trial;
    const callId = await startCall(store, 'ann', ['bob']);
    await command(store, callId, accept('bob'));
    expect(await store.countUnsent()).toBe(2);
    await pass(2000);
    const { told, publish } = collect();
    expect(await store.redeliver(2000, 10, publish)).toBe(2);
    expect(told.map((entry) => entry.callId)).toEqual([callId, callId]);
    expect(told.map(({ messages }) => messages.map(({ event }) => event))).toEqual([
      ['call:started', 'call:state_changed'],
      ['call:accepted', 'call:state_changed'],
    ]);
    expect(told[0]?.messages[0]?.to).toEqual(['ann', 'bob']);
    expect(await store.countUnsent()).toBe(0);
    expect(await store.redeliver(2000, 10, publish)).toBe(0);
  });

  it('is left alone while its own process may still be at it', async () => {
    const { store, pass } = trial;
    await startCall(store, 'ann', ['bob']);
    await pass(30_000);
    const { told, publish } = collect();
    expect(await store.redeliver(60_000, 10, publish)).toBe(0);
    expect(told).toEqual([]);
  });

  it('is taken up to the limit', async () => {
    const { store, pass } = trial;
    await startCall(store, 'ann', ['bob']);
    await startCall(store, 'cyn', ['dan']);
    await pass(2000);
    const { publish } = collect();
    expect(await store.redeliver(0, 1, publish)).toBe(1);
    expect(await store.countUnsent()).toBe(1);
  });

  it('stays when publishing fails', async () => {
    const { store, pass } = trial;
    await startCall(store, 'ann', ['bob']);
    const failing = store.redeliver(0, 10, async () => {
      throw new Error('Redis is away');
    });
    await expect(failing).rejects.toThrow('Redis is away');
    expect(await store.countUnsent()).toBe(1);
    await pass(CLAIM_MS);
    const { told, publish } = collect();
    await store.redeliver(0, 10, publish);
    expect(told).toHaveLength(1);
  });

  it('is published by another worker half a second after one began to publish it and froze', async () => {
    const { store, another, pass } = trial;
    await startCall(store, 'ann', ['bob']);
    const thawed = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const frozen = store.redeliver(0, 10, () => {
      began.resolve();
      return thawed.promise;
    });
    await began.promise;
    await pass(CLAIM_MS);
    const { told, publish } = collect();
    expect(await another().redeliver(0, 10, publish)).toBe(1);
    expect(told).toHaveLength(1);
    expect(await store.countUnsent()).toBe(0);
    thawed.resolve();
    await frozen;
  });

  it('is published while no transaction is open, and no row is locked', async () => {
    const { store, query } = trial;
    await startCall(store, 'ann', ['bob']);
    const redelivered = await store.redeliver(0, 10, async () => {
      const open = `SELECT state FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'`;
      expect(await query(open)).toEqual([]);
      expect(await query('SELECT id FROM outbox FOR UPDATE SKIP LOCKED')).toHaveLength(1);
    });
    expect(redelivered).toBe(1);
  });

  it('is shared by two workers without overlap', async () => {
    const { store, another } = trial;
    await startCall(store, 'ann', ['bob']);
    await startCall(store, 'cyn', ['dan']);
    const { told, publish } = collect();
    const other = another();
    await store.redeliver(0, 1, async (entries) => {
      await publish(entries);
      expect(await other.redeliver(0, 10, publish)).toBe(1);
    });
    expect(new Set(told.map(({ id }) => id)).size).toBe(2);
    expect(told).toHaveLength(2);
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

describe('a ring that nobody acknowledges', () => {
  /** Long enough that a slow machine does not pass it by itself. */
  const EVERY_MS = 10_000;
  const timings = { ...TIMINGS, ringSeconds: 100 };

  it('is repeated again and again until a device rings', async () => {
    const { store, pass } = trial;
    const callId = await startCall(store, 'ann', ['bob'], { timings });
    expect(await store.resendRings(EVERY_MS)).toEqual([]);
    await pass(EVERY_MS);
    expect(await store.resendRings(EVERY_MS)).toEqual([{ callId, userId: 'bob' }]);
    expect(await store.resendRings(EVERY_MS)).toEqual([]);
    await pass(EVERY_MS);
    expect(await store.resendRings(EVERY_MS)).toHaveLength(1);
    await command(store, callId, { name: 'acknowledge_ring', person: person('bob') });
    await pass(EVERY_MS);
    expect(await store.resendRings(EVERY_MS)).toEqual([]);
  });

  it('is repeated by one of several workers', async () => {
    const { store, another, pass } = trial;
    await startCall(store, 'ann', ['bob', 'cyn', 'dan'], { timings });
    await pass(EVERY_MS);
    const workers = [store, another(), another()];
    const rings = await Promise.all(workers.map((worker) => worker.resendRings(EVERY_MS)));
    expect(
      rings
        .flat()
        .map(({ userId }) => userId)
        .sort(),
    ).toEqual(['bob', 'cyn', 'dan']);
  });

  it('is not repeated once it has expired, though nobody has decided that yet', async () => {
    const { store, pass } = trial;
    await startCall(store, 'ann', ['bob'], { timings });
    await pass(100_000);
    expect(await store.resendRings(EVERY_MS)).toEqual([]);
  });

  it('is found unacknowledged from some age on, repeated or not, until a device rings', async () => {
    const { store, pass } = trial;
    const callId = await startCall(store, 'ann', ['bob'], { timings });
    expect(await store.listUnacknowledgedRings(EVERY_MS)).toEqual([]);
    await pass(EVERY_MS);
    await store.resendRings(EVERY_MS);
    expect(await store.listUnacknowledgedRings(EVERY_MS)).toEqual([{ callId, userId: 'bob' }]);
    await command(store, callId, { name: 'acknowledge_ring', person: person('bob') });
    expect(await store.listUnacknowledgedRings(EVERY_MS)).toEqual([]);
  });

  it('is no longer found unacknowledged once it has expired', async () => {
    const { store, pass } = trial;
    await startCall(store, 'ann', ['bob'], { timings });
    await pass(100_000);
    expect(await store.listUnacknowledgedRings(EVERY_MS)).toEqual([]);
  });

  it('changes nothing about the call: a decision that is under way holds', async () => {
    const { store, pass } = trial;
    const callId = await startCall(store, 'ann', ['bob'], { timings });
    await pass(EVERY_MS);
    const before = await store.load(callId);
    await store.resendRings(EVERY_MS);
    expect(await store.load(callId)).toEqual({ ...before, now: expect.any(Number) });
  });

  it('begins anew with each invitation', async () => {
    const { store, pass } = trial;
    const callId = await startCall(store, 'ann', ['bob', 'cyn'], { timings });
    await pass(EVERY_MS);
    await store.resendRings(EVERY_MS);
    await command(store, callId, { name: 'leave', person: person('bob') });
    await pass(20_000);
    await store.resendRings(EVERY_MS);
    const invite = {
      name: 'invite',
      person: person('ann'),
      participantIds: ['bob'],
      busyUsers: new Map(),
    } as const;
    await command(store, callId, invite);
    expect(await store.resendRings(EVERY_MS)).toEqual([]);
    await pass(EVERY_MS);
    expect(await store.resendRings(EVERY_MS)).toContainEqual({ callId, userId: 'bob' });
  });
});
