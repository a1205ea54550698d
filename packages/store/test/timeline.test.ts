import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type TimelineEntry, timelineEntry } from '@ringline/contract';
import type { Store } from '@ringline/store';
import { accept, command, loadCall, mediaJoined, person, startCall } from './decisions.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.stop());

async function readTimeline(store: Store, callId: string): Promise<TimelineEntry[]> {
  const page = await store.getTimeline(callId);
  if ('badCursor' in page) throw new Error('no cursor was given');
  return page.entries;
}

it('listEvents returns the events after a seq, in order', async () => {
  const { store } = fixture;
  const callId = await startCall(store, 'ann', ['bob']);
  await command(store, callId, accept('bob'));
  const all = await store.listEvents(callId, 0);
  expect(all.map(({ seq, event }) => [seq, event])).toEqual([
    [1, 'call:started'],
    [2, 'call:state_changed'],
    [3, 'call:accepted'],
    [4, 'call:state_changed'],
  ]);
  expect(await store.listEvents(callId, 2)).toEqual(all.slice(2));
  expect(await store.listEvents(callId, 4)).toEqual([]);
  expect(await store.listEvents(randomUUID(), 0)).toEqual([]);
});

it('listEvents returns an event byte for byte as it was sent', async () => {
  const { store, query } = fixture;
  const callId = await startCall(store, 'cyn', ['dan']);
  const [sent] = await query<{ sent: string }>(
    `SELECT messages->0->'payload' #>> '{}' AS sent FROM outbox WHERE call_id = $1`,
    [callId],
  );
  expect(JSON.stringify((await store.listEvents(callId, 0))[0])).toBe(sent?.sent);
});

it('getTimeline merges events, with their actors, and webhooks of LiveKit by time', async () => {
  const { store, moveTime } = fixture;
  const callId = await startCall(store, 'eve', ['fay']);
  await moveTime(1000);
  await command(store, callId, accept('fay'), { actor: 'user:fay', requestId: 'r2' });
  await moveTime(1000);
  const at = (await loadCall(store, callId)).now;
  const webhook = { id: 'EV_1', event: 'participant_joined', userId: 'eve', sid: 'PA_1', at };
  await command(store, callId, mediaJoined('eve'), { actor: 'livekit', webhook });
  await moveTime(1000);
  await command(store, callId, { name: 'force_end' }, { actor: 'admin', requestId: 'r3' });
  const entries = await readTimeline(store, callId);
  const summary = entries.map((entry) =>
    entry.kind === 'event'
      ? [entry.event, entry.actor, entry.requestId]
      : [entry.event, entry.userId, entry.sid],
  );
  expect(summary).toEqual([
    ['call:started', 'user:ann', null],
    ['call:state_changed', 'user:ann', null],
    ['call:accepted', 'user:fay', 'r2'],
    ['call:state_changed', 'user:fay', 'r2'],
    ['participant_joined', 'eve', 'PA_1'],
    ['call:participant_joined', 'livekit', null],
    ['call:ended', 'admin', 'r3'],
  ]);
  const ats = entries.map((entry) => entry.at);
  expect(ats).toEqual(ats.toSorted());
});

it('getTimeline returns instants in the form of the contract', async () => {
  const { store } = fixture;
  const callId = await startCall(store, 'gus', ['hal']);
  const webhook = {
    id: 'EV_2',
    event: 'room_finished',
    userId: null,
    sid: null,
    at: 1_795_000_000_000,
  };
  await command(store, callId, { name: 'end', person: person('gus') }, { webhook });
  const [entry] = await readTimeline(store, callId);
  expect(timelineEntry.parse(entry)).toEqual({
    kind: 'report',
    at: '2026-11-18T11:06:40.000Z',
    event: 'room_finished',
    userId: null,
    sid: null,
  });
});
