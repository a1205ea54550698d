import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  accept,
  commitOf,
  connectedCall,
  decidedCommit,
  loadCall,
  mediaJoined,
  startCall,
  startCommit,
  startOf,
} from './decisions.ts';
import { createUserIds, idempotentResult, livekitWebhook } from './samples.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.stop());

describe('a commit', () => {
  it('writes the call, its participants, invitations, events and outbox together', async () => {
    const { store, query } = fixture;
    const [ann, bob] = createUserIds();
    const commit = startCommit(startOf(ann, [bob]), Date.now(), { requestId: 'r1' });
    const { id } = commit.call;
    const result = await store.commit(commit);
    expect(result).toEqual({
      outcome: 'committed',
      version: 1,
      outboxId: expect.stringMatching(/^\d+$/),
    });
    expect(await store.load(id)).toEqual({
      call: commit.call,
      version: 1,
      now: expect.any(Number),
    });
    expect(await store.listEvents(id, 0)).toEqual(commit.events);
    expect(
      await query('SELECT seq, event, actor, request_id FROM call_events WHERE call_id = $1', [id]),
    ).toEqual([
      { seq: 1, event: 'call:started', actor: 'user:ann', request_id: 'r1' },
      { seq: 2, event: 'call:state_changed', actor: 'user:ann', request_id: 'r1' },
    ]);
    expect(
      await query('SELECT user_id, ring, outcome FROM call_invitations WHERE call_id = $1', [id]),
    ).toEqual([{ user_id: bob, ring: 1, outcome: null }]);
    expect(await query('SELECT id, messages FROM outbox WHERE call_id = $1', [id])).toEqual([
      { id: 'outboxId' in result && result.outboxId, messages: commit.outbox },
    ]);
  });

  it('increments the version with every decision', async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const callId = await startCall(store, ann, [bob]);
    const accepted = decidedCommit(await loadCall(store, callId), accept(bob));
    expect(await store.commit(accepted)).toMatchObject({ outcome: 'committed', version: 2 });
    expect(await store.load(callId)).toMatchObject({ version: 2, call: accepted.call });
  });

  it('ends the invitation that the start began', async () => {
    const { store, query } = fixture;
    const [ann, bob] = createUserIds();
    const callId = await startCall(store, ann, [bob]);
    await store.commit(decidedCommit(await loadCall(store, callId), accept(bob)));
    expect(
      await query('SELECT user_id, ring, outcome FROM call_invitations WHERE call_id = $1', [
        callId,
      ]),
    ).toEqual([{ user_id: bob, ring: 1, outcome: 'accepted' }]);
  });

  it('stores an invitation that began and ended in one decision as one row', async () => {
    const { store, query } = fixture;
    const [ann, bob] = createUserIds();
    const command = startOf(ann, [bob], { mediaRefused: true });
    const commit = startCommit(command, Date.now());
    expect(commit.invitations.map(({ outcome }) => outcome)).toEqual([null, 'cancelled']);
    await store.commit(commit);
    expect(
      await query('SELECT outcome FROM call_invitations WHERE call_id = $1', [command.callId]),
    ).toEqual([{ outcome: 'cancelled' }]);
  });

  it('writes no outbox row when there is nothing to publish', async () => {
    const [ann, bob] = createUserIds();
    const commit = startCommit(startOf(ann, [bob]), Date.now(), { outbox: [] });
    expect(await fixture.store.commit(commit)).toMatchObject({ outboxId: null });
  });

  it('increments the version when only a participant changed', async () => {
    const { store } = fixture;
    const callId = await connectedCall(store, ...createUserIds());
    const loaded = await loadCall(store, callId);
    const [first] = loaded.call.participants;
    if (first === undefined) throw new Error('a call without participants');
    const moved = decidedCommit(loaded, mediaJoined(first.userId, 2));
    expect(moved.events).toEqual([]);
    expect(await store.commit(moved)).toEqual({
      outcome: 'committed',
      version: loaded.version + 1,
      outboxId: null,
    });
    expect((await loadCall(store, callId)).call).toEqual(moved.call);
  });

  it('updates only the rows of participants who have changed', async () => {
    const { store, query } = fixture;
    const callId = await connectedCall(store, ...createUserIds());
    const versions = () =>
      query<{ user_id: string; xmin: string }>(
        'SELECT user_id, xmin::text FROM call_participants WHERE call_id = $1 ORDER BY position',
        [callId],
      );
    const before = await versions();
    const [caller, callee] = before.map(({ user_id }) => user_id);
    if (caller === undefined || callee === undefined) throw new Error('two were in the call');
    await store.commit(decidedCommit(await loadCall(store, callId), mediaJoined(callee, 2)));
    const after = await versions();
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).not.toEqual(before[1]);
  });

  it('keeps the version of an unchanged call, and writes the rest', async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const callId = await startCall(store, ann, [bob]);
    const loaded = await loadCall(store, callId);
    const unchanged = commitOf(
      loaded,
      { call: loaded.call, events: [] },
      { idempotency: idempotentResult(bob), webhook: livekitWebhook() },
    );
    expect(await store.commit(unchanged)).toEqual({
      outcome: 'committed',
      version: 1,
      outboxId: null,
    });
    expect(await store.load(callId)).toMatchObject({ call: loaded.call, version: 1 });
    expect(await store.findIdempotent(bob, 'key-1')).toMatchObject({ callId });
    expect(await store.getTimeline(callId)).toMatchObject({
      entries: expect.arrayContaining([
        expect.objectContaining({ kind: 'report', event: 'participant_joined' }),
      ]),
    });
  });
});
