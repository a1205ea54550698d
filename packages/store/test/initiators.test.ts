import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Command } from '@ringline/domain';
import { accept, command, mediaJoined, startCall } from './decisions.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.stop());

function disconnected(userId: string): Command {
  return {
    name: 'device_disconnected',
    userId,
    deviceId: `${userId}-tab`,
    silentMs: 0,
  };
}
function connected(userId: string): Command {
  return {
    name: 'device_connected',
    userId,
    deviceId: `${userId}-tab`,
  };
}

it('listUnansweredInitiators returns the unanswered calls that users started, with the device', async () => {
  const { store } = fixture;
  const ringing = await startCall(store, 'ann', ['bob']);
  const answered = await startCall(store, 'cyn', ['dan']);
  await command(store, answered, accept('dan'));
  const unnamed = await startCall(store, 'eve', ['fay'], { deviceId: null });
  const found = await store.listUnansweredInitiators(['ann', 'bob', 'cyn', 'dan', 'eve', 'zoe']);
  expect(found.sort((a, b) => a.userId.localeCompare(b.userId))).toEqual([
    { callId: ringing, userId: 'ann', deviceId: 'ann-tab' },
    { callId: unnamed, userId: 'eve', deviceId: null },
  ]);
});

it('listDisconnectedInitiators returns initiators without a socket until they reconnect or the call is answered', async () => {
  const { store } = fixture;
  const reconnected = await startCall(store, 'gus', ['hal']);
  const answered = await startCall(store, 'ida', ['jan']);
  for (const [callId, userId] of [
    [reconnected, 'gus'],
    [answered, 'ida'],
  ] as const) {
    await command(store, callId, mediaJoined(userId));
    await command(store, callId, disconnected(userId));
  }
  const found = async () => (await store.listDisconnectedInitiators()).map(({ callId }) => callId);
  expect((await found()).sort()).toEqual([reconnected, answered].sort());
  await command(store, reconnected, connected('gus'));
  expect(await found()).toEqual([answered]);
  await command(store, answered, accept('jan'));
  expect(await found()).toEqual([]);
});
