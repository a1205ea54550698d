import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { copyCall } from './crowd.ts';
import { command, person, startCall, startCommit, startOf } from './decisions.ts';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
beforeEach(async () => {
  trial = await tryStore();
});
afterEach(() => trial.stop());

const DAY = 86_400_000;
const NOTHING = { calls: 0, events: 0, webhooks: 0, idempotencyKeys: 0 };

async function countOf(table: string): Promise<number> {
  const [row] = await trial.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM ${table}`);
  return row?.rows ?? -1;
}

it('forgets first how a call went in detail, later the call with all that belongs to it', async () => {
  const { store, pass } = trial;
  const { now } = await store.findBusyUsers([], null);
  const idempotency = {
    userId: 'ann',
    key: 'k',
    fingerprint: 'f',
    status: 201,
    refusal: null,
    merged: false,
  };
  const started = startCommit(startOf('ann', ['bob']), now, { idempotency });
  await store.commit(started);
  const report = { id: 'EV_1', event: 'room_finished', userId: null, sid: null, at: now };
  await command(
    store,
    started.call.id,
    { name: 'end', person: person('ann') },
    { webhook: report },
  );
  const retention = { eventDays: 30, callDays: 365 };

  expect(await store.purgeExpired(retention)).toEqual(NOTHING);
  await pass(DAY);
  expect(await store.purgeExpired(retention)).toEqual({ ...NOTHING, idempotencyKeys: 1 });
  await pass(30 * DAY);
  expect(await store.purgeExpired(retention)).toEqual({ ...NOTHING, events: 3, webhooks: 1 });
  expect(await store.listHistory('ann', { limit: 1 })).toMatchObject({ entries: [{}] });
  await pass(340 * DAY);
  expect(await store.purgeExpired(retention)).toEqual({ ...NOTHING, calls: 1 });
  for (const table of ['calls', 'call_participants', 'call_invitations', 'call_events', 'outbox']) {
    expect([table, await countOf(table)]).toEqual([table, 0]);
  }
});

it('never forgets a call that lives', async () => {
  const { store, pass } = trial;
  const callId = await startCall(store, 'ann', ['bob']);
  await pass(1000 * DAY);
  expect(await store.purgeExpired({ eventDays: 2000, callDays: 1 })).toEqual(NOTHING);
  expect(await store.load(callId)).not.toBeNull();
});

it('deletes more than one batch holds', async () => {
  const { store, pass } = trial;
  const callId = await startCall(store, 'ann', ['bob']);
  await command(store, callId, { name: 'end', person: person('ann') });
  await copyCall(trial, callId, 1, 2499);
  await pass(10 * DAY);
  expect(await store.purgeExpired({ eventDays: 30, callDays: 10 })).toEqual({
    ...NOTHING,
    calls: 2500,
  });
  expect(await countOf('call_participants')).toBe(0);
});

it('lets two workers forget at once', async () => {
  const { store, another, pass } = trial;
  const callId = await startCall(store, 'ann', ['bob']);
  await command(store, callId, { name: 'end', person: person('ann') });
  await copyCall(trial, callId, 1, 1999);
  await pass(10 * DAY);
  const retention = { eventDays: 30, callDays: 10 };
  const both = await Promise.all([
    store.purgeExpired(retention),
    another().purgeExpired(retention),
  ]);
  expect(both.reduce((sum, { calls }) => sum + calls, 0)).toBe(2000);
});
