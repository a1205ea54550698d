import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { copyCall } from './copy-call.ts';
import { command, person, startCall, startCommit, startOf } from './decisions.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeEach(async () => {
  fixture = await createStoreFixture();
});
afterEach(() => fixture.stop());

const DAY = 86_400_000;
const NOTHING = { calls: 0, events: 0, webhooks: 0, idempotencyKeys: 0 };

async function countRows(table: string): Promise<number> {
  const [row] = await fixture.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM ${table}`);
  return row?.rows ?? -1;
}

it('purgeExpired deletes the key after a day, then events and webhooks, then the call', async () => {
  const { store, moveTime } = fixture;
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
  const webhook = { id: 'EV_1', event: 'room_finished', userId: null, sid: null, at: now };
  await command(store, started.call.id, { name: 'end', person: person('ann') }, { webhook });
  const retention = { eventDays: 30, callDays: 365 };

  expect(await store.purgeExpired(retention)).toEqual(NOTHING);
  await moveTime(DAY);
  expect(await store.purgeExpired(retention)).toEqual({ ...NOTHING, idempotencyKeys: 1 });
  await moveTime(30 * DAY);
  expect(await store.purgeExpired(retention)).toEqual({ ...NOTHING, events: 3, webhooks: 1 });
  expect(await store.listHistory('ann', { limit: 1 })).toMatchObject({ entries: [{}] });
  await moveTime(340 * DAY);
  expect(await store.purgeExpired(retention)).toEqual({ ...NOTHING, calls: 1 });
  for (const table of ['calls', 'call_participants', 'call_invitations', 'call_events', 'outbox']) {
    expect([table, await countRows(table)]).toEqual([table, 0]);
  }
});

it('purgeExpired never deletes an active call', async () => {
  const { store, moveTime } = fixture;
  const callId = await startCall(store, 'ann', ['bob']);
  await moveTime(1000 * DAY);
  expect(await store.purgeExpired({ eventDays: 2000, callDays: 1 })).toEqual(NOTHING);
  expect(await store.load(callId)).not.toBeNull();
});

it('purgeExpired deletes more rows than one batch contains', async () => {
  const { store, moveTime } = fixture;
  const callId = await startCall(store, 'ann', ['bob']);
  await command(store, callId, { name: 'end', person: person('ann') });
  await copyCall(fixture, callId, 1, 2499);
  await moveTime(10 * DAY);
  expect(await store.purgeExpired({ eventDays: 30, callDays: 10 })).toEqual({
    ...NOTHING,
    calls: 2500,
  });
  expect(await countRows('call_participants')).toBe(0);
});

it('two workers can purge at once', async () => {
  const { store, openStore, moveTime } = fixture;
  const callId = await startCall(store, 'ann', ['bob']);
  await command(store, callId, { name: 'end', person: person('ann') });
  await copyCall(fixture, callId, 1, 1999);
  await moveTime(10 * DAY);
  const retention = { eventDays: 30, callDays: 10 };
  const both = await Promise.all([
    store.purgeExpired(retention),
    openStore().purgeExpired(retention),
  ]);
  expect(both.reduce((sum, { calls }) => sum + calls, 0)).toBe(2000);
});
