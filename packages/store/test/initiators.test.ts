import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Command } from '@ringline/domain';
import { accept, command, mediaJoined, startCall } from './decisions.ts';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
beforeAll(async () => {
  trial = await tryStore();
});
afterAll(() => trial.stop());

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

it('finds the calls that users have started and nobody has answered, with the device', async () => {
  const { store } = trial;
  const ringing = await startCall(store, 'ann', ['bob']);
  const answered = await startCall(store, 'cyn', ['dan']);
  await command(store, answered, accept('dan'));
  const unnamed = await startCall(store, 'eve', ['fay'], { deviceId: null });
  const found = await store.listUnansweredInitiators(['ann', 'bob', 'cyn', 'dan', 'eve', 'nobody']);
  expect(found.sort((a, b) => a.userId.localeCompare(b.userId))).toEqual([
    { callId: ringing, userId: 'ann', deviceId: 'ann-tab' },
    { callId: unnamed, userId: 'eve', deviceId: null },
  ]);
});

it('finds those whose device has no socket, until it has one or somebody answers', async () => {
  const { store } = trial;
  const back = await startCall(store, 'gus', ['hal']);
  const answered = await startCall(store, 'ida', ['jan']);
  for (const [callId, userId] of [
    [back, 'gus'],
    [answered, 'ida'],
  ] as const) {
    await command(store, callId, mediaJoined(userId));
    await command(store, callId, disconnected(userId));
  }
  const found = async () => (await store.listDisconnectedInitiators()).map(({ callId }) => callId);
  expect((await found()).sort()).toEqual([back, answered].sort());
  await command(store, back, connected('gus'));
  expect(await found()).toEqual([answered]);
  await command(store, answered, accept('jan'));
  expect(await found()).toEqual([]);
});
