import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { accept, command, connectedCall, person, startCall } from './decisions.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.stop());

it('findBusyUsers returns the users who ring or are in a call, with the call', async () => {
  const { store } = fixture;
  const first = await connectedCall(store, 'ann', 'bob');
  const second = await startCall(store, 'cyn', ['dan']);
  const { now, busyUsers } = await store.findBusyUsers(['ann', 'bob', 'cyn', 'dan', 'eve'], null);
  expect(busyUsers).toEqual(
    new Map([
      ['ann', first],
      ['bob', first],
      ['cyn', second],
      ['dan', second],
    ]),
  );
  expect(Math.abs(now - Date.now())).toBeLessThan(5000);
});

it('findBusyUsers leaves out the given call and users who have left', async () => {
  const { store } = fixture;
  const callId = await startCall(store, 'gus', ['hal', 'ida']);
  await command(store, callId, { name: 'leave', person: person('hal') });
  expect((await store.findBusyUsers(['gus', 'hal', 'ida'], callId)).busyUsers).toEqual(new Map());
  expect((await store.findBusyUsers(['gus', 'hal', 'ida'], null)).busyUsers).toEqual(
    new Map([
      ['gus', callId],
      ['ida', callId],
    ]),
  );
  expect((await store.findBusyUsers([], null)).busyUsers).toEqual(new Map());
});

it('ending a call frees its participants for another one', async () => {
  const { store } = fixture;
  const callId = await connectedCall(store, 'jan', 'kim');
  await command(store, callId, { name: 'end', person: person('jan') });
  expect((await store.findBusyUsers(['jan', 'kim'], null)).busyUsers).toEqual(new Map());
  await startCall(store, 'kim', ['jan']);
});

it('listActiveCalls returns the call in which the user is active, filtered by conversation', async () => {
  const { store } = fixture;
  const callId = await startCall(store, 'lea', ['max'], { conversationId: 'c1' });
  const found = await store.listActiveCalls('max', null);
  expect(found).toEqual([{ ...(await store.load(callId)), now: expect.any(Number) }]);
  expect(await store.listActiveCalls('max', 'c1')).toHaveLength(1);
  expect(await store.listActiveCalls('max', 'c2')).toEqual([]);
  await command(store, callId, accept('max'));
  expect(await store.listActiveCalls('max', null)).toHaveLength(1);
  await command(store, callId, { name: 'end', person: person('max') });
  expect(await store.listActiveCalls('max', null)).toEqual([]);
});
