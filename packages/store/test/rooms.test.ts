import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accept, command, connectedCall, loadCall, person, startCall } from './decisions.ts';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
beforeAll(async () => {
  trial = await tryStore();
});
afterAll(() => trial.stop());

async function roomOf(callId: string): Promise<string> {
  return (await loadCall(trial.store, callId)).call.roomName;
}

describe('the rooms that LiveKit is to have', () => {
  it('are those of live calls', async () => {
    const { store } = trial;
    const ringing = await startCall(store, 'ann', ['bob']);
    const connected = await connectedCall(store, 'cyn', 'dan');
    const over = await connectedCall(store, 'eve', 'fay');
    await command(store, over, { name: 'end', person: person('eve') });
    const rooms = await store.listLiveRooms();
    const byCall = (a: { callId: string }, b: { callId: string }) =>
      a.callId.localeCompare(b.callId);
    expect(rooms.sort(byCall)).toEqual(
      [
        { callId: ringing, roomName: await roomOf(ringing), state: 'ringing' },
        { callId: connected, roomName: await roomOf(connected), state: 'connected' },
      ].sort(byCall),
    );
  });
});

describe('a room’s name', () => {
  it('leads to its call, live or over, and to nothing where it is none of ours', async () => {
    const { store } = trial;
    const live = await startCall(store, 'gus', ['hal']);
    const over = await startCall(store, 'ida', ['jan']);
    await command(store, over, { name: 'end', person: person('ida') });
    const [liveRoom, overRoom] = [await roomOf(live), await roomOf(over)];
    expect(await store.findCallsByRoom([liveRoom, overRoom, 'a stranger’s'])).toEqual(
      new Map([
        [liveRoom, { callId: live, live: true }],
        [overRoom, { callId: over, live: false }],
      ]),
    );
    expect(await store.findCallByRoom(liveRoom)).toBe(live);
    expect(await store.findCallByRoom('a stranger’s')).toBeNull();
  });
});

describe('the join guard', () => {
  it('lets in those who are in the call, and nobody else', async () => {
    const { store } = trial;
    const callId = await startCall(store, 'kim', ['lea', 'max']);
    const room = await roomOf(callId);
    expect(await store.isAllowedIn(room, 'kim')).toBe(true);
    expect(await store.isAllowedIn(room, 'lea')).toBe(false);
    await command(store, callId, accept('lea'));
    expect(await store.isAllowedIn(room, 'lea')).toBe(true);
    expect(await store.isAllowedIn(room, 'ned')).toBe(false);
    expect(await store.isAllowedIn('another room', 'lea')).toBe(false);
  });

  it('keeps out who was removed', async () => {
    const { store } = trial;
    const callId = await startCall(store, 'olga', ['paul', 'quin']);
    const room = await roomOf(callId);
    await command(store, callId, accept('paul'));
    await command(store, callId, accept('quin'));
    await command(store, callId, { name: 'remove', person: person('olga'), userId: 'paul' });
    expect(await store.isAllowedIn(room, 'paul')).toBe(false);
    expect(await store.isAllowedIn(room, 'quin')).toBe(true);
  });

  it('lets nobody into a call that is over', async () => {
    const { store } = trial;
    const callId = await connectedCall(store, 'rosa', 'sam');
    await command(store, callId, { name: 'end', person: person('sam') });
    expect(await store.isAllowedIn(await roomOf(callId), 'rosa')).toBe(false);
  });
});
