import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { accept, command, connectedCall, person, startCall } from './decisions.ts';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
beforeAll(async () => {
  trial = await tryStore();
});
afterAll(() => trial.stop());

it('finds who is in a call or rung, and in which', async () => {
  const { store } = trial;
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

it('leaves out the call that asks, and those who are out of theirs', async () => {
  const { store } = trial;
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

it('frees everybody at the end of a call', async () => {
  const { store } = trial;
  const callId = await connectedCall(store, 'jan', 'kim');
  await command(store, callId, { name: 'end', person: person('jan') });
  expect((await store.findBusyUsers(['jan', 'kim'], null)).busyUsers).toEqual(new Map());
  await startCall(store, 'kim', ['jan']);
});

it('finds the call in which a user is in or rung, of one conversation if asked', async () => {
  const { store } = trial;
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
