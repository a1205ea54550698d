import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accept, command, connectedCall, loadCall, person, startCall } from './decisions.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.stop());

async function roomOf(callId: string): Promise<string> {
  return (await loadCall(fixture.store, callId)).call.roomName;
}

describe('listLiveRooms', () => {
  it('returns the rooms of active calls', async () => {
    const { store } = fixture;
    const ringing = await startCall(store, 'ann', ['bob']);
    const connected = await connectedCall(store, 'cyn', 'dan');
    const ended = await connectedCall(store, 'eve', 'fay');
    await command(store, ended, { name: 'end', person: person('eve') });
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

describe('finding a call by its room', () => {
  it('returns the call, active or ended, and nothing for an unknown room', async () => {
    const { store } = fixture;
    const active = await startCall(store, 'gus', ['hal']);
    const ended = await startCall(store, 'ida', ['jan']);
    await command(store, ended, { name: 'end', person: person('ida') });
    const [activeRoom, endedRoom] = [await roomOf(active), await roomOf(ended)];
    expect(await store.findCallsByRoom([activeRoom, endedRoom, 'unknown-room'])).toEqual(
      new Map([
        [activeRoom, { callId: active, live: true }],
        [endedRoom, { callId: ended, live: false }],
      ]),
    );
    expect(await store.findCallByRoom(activeRoom)).toBe(active);
    expect(await store.findCallByRoom('unknown-room')).toBeNull();
  });
});

describe('the join guard', () => {
  it('admits users who are in the call, and no others', async () => {
    const { store } = fixture;
    const callId = await startCall(store, 'kim', ['lea', 'max']);
    const room = await roomOf(callId);
    expect(await store.isAllowedIn(room, 'kim')).toBe(true);
    expect(await store.isAllowedIn(room, 'lea')).toBe(false);
    await command(store, callId, accept('lea'));
    expect(await store.isAllowedIn(room, 'lea')).toBe(true);
    expect(await store.isAllowedIn(room, 'ned')).toBe(false);
    expect(await store.isAllowedIn('another room', 'lea')).toBe(false);
  });

  it('refuses a removed user', async () => {
    const { store } = fixture;
    const callId = await startCall(store, 'olga', ['paul', 'quin']);
    const room = await roomOf(callId);
    await command(store, callId, accept('paul'));
    await command(store, callId, accept('quin'));
    await command(store, callId, { name: 'remove', person: person('olga'), userId: 'paul' });
    expect(await store.isAllowedIn(room, 'paul')).toBe(false);
    expect(await store.isAllowedIn(room, 'quin')).toBe(true);
  });

  it('refuses everyone after the call has ended', async () => {
    const { store } = fixture;
    const callId = await connectedCall(store, 'rosa', 'sam');
    await command(store, callId, { name: 'end', person: person('sam') });
    expect(await store.isAllowedIn(await roomOf(callId), 'rosa')).toBe(false);
  });
});
