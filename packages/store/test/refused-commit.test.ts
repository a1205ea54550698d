import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Commit } from '@ringline/store';
import {
  accept,
  commitOf,
  connectedCall,
  decidedCommit,
  loadCall,
  mediaJoined,
  person,
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

/** The contents of the tables with a call's state, and the row counts of the others. */
async function readTables(): Promise<unknown> {
  const [row] = await fixture.query(
    `SELECT (SELECT json_agg(calls ORDER BY id) FROM calls)::text AS calls,
       (SELECT json_agg(call_participants ORDER BY call_id, user_id) FROM call_participants)::text AS participants,
       (SELECT json_agg(call_invitations ORDER BY call_id, user_id) FROM call_invitations)::text AS invitations,
       (SELECT count(*) FROM call_events) AS events, (SELECT count(*) FROM outbox) AS outbox,
       (SELECT count(*) FROM idempotency_keys) AS keys, (SELECT count(*) FROM livekit_reports) AS reports`,
  );
  return row;
}

/** Returns the outcome of a commit after checking that it wrote nothing. */
async function commitWithoutTrace(commit: Commit): Promise<string> {
  const before = await readTables();
  const { outcome } = await fixture.store.commit(commit);
  expect(await readTables()).toEqual(before);
  return outcome;
}

describe('a commit is refused, and leaves no trace', () => {
  it('as a conflict when the call has changed since it was loaded', async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const callId = await startCall(store, ann, [bob]);
    const loaded = await loadCall(store, callId);
    await store.commit(decidedCommit(loaded, accept(bob)));
    const late = decidedCommit(
      loaded,
      { name: 'end', person: person(ann) },
      { idempotency: idempotentResult(ann), webhook: livekitWebhook() },
    );
    expect(await commitWithoutTrace(late)).toBe('conflict');
  });

  it('as a conflict when the call has changed, even if the commit changes nothing', async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const callId = await startCall(store, ann, [bob]);
    const loaded = await loadCall(store, callId);
    await store.commit(decidedCommit(loaded, accept(bob)));
    const late = commitOf(loaded, { call: loaded.call, events: [] }, { webhook: livekitWebhook() });
    expect(await commitWithoutTrace(late)).toBe('conflict');
  });

  it('as a conflict when a new call has the id of another one', async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const callId = await startCall(store, ann, [bob]);
    const [cyn, dan] = createUserIds();
    const again = startCommit(startOf(cyn, [dan], { callId }), Date.now());
    expect(await commitWithoutTrace(again)).toBe('conflict');
  });

  it('as claimed when a user is in another call', async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const [cyn, dan] = createUserIds();
    await startCall(store, ann, [bob]);
    const start = startCommit(startOf(cyn, [dan, bob]), Date.now(), {
      idempotency: idempotentResult(cyn),
    });
    expect(await commitWithoutTrace(start)).toBe('claimed');
  });

  it('as claimed when an invited user is in another call', async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const [cyn, dan] = createUserIds();
    await startCall(store, ann, [bob]);
    const callId = await connectedCall(store, cyn, dan);
    const invite = decidedCommit(await loadCall(store, callId), {
      name: 'invite',
      person: person(cyn),
      participantIds: [bob],
      busyUsers: new Map(),
    });
    expect(await commitWithoutTrace(invite)).toBe('claimed');
  });

  it('as repeated when the key has a result, even of another call', async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const first = startCommit(startOf(ann, [bob]), Date.now(), {
      idempotency: idempotentResult(ann),
    });
    await store.commit(first);
    const again = startCommit(startOf(ann, [bob]), Date.now(), {
      idempotency: idempotentResult(ann),
    });
    expect(await commitWithoutTrace(again)).toBe('repeated');
  });

  it('as a duplicate when the webhook was committed before', async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const callId = await startCall(store, ann, [bob]);
    const webhook = livekitWebhook();
    const first = decidedCommit(await loadCall(store, callId), mediaJoined(ann), {
      webhook,
    });
    expect(await store.commit(first)).toMatchObject({ outcome: 'committed' });
    const again = decidedCommit(await loadCall(store, callId), mediaJoined(ann, 2), {
      webhook,
    });
    expect(await commitWithoutTrace(again)).toBe('duplicate_webhook');
  });

  it('as gone when the call was deleted', async () => {
    const { store, query } = fixture;
    const [ann, bob] = createUserIds();
    const callId = await startCall(store, ann, [bob]);
    const loaded = await loadCall(store, callId);
    await query('DELETE FROM calls WHERE id = $1', [callId]);
    const late = decidedCommit(loaded, accept(bob), {
      idempotency: idempotentResult(bob),
      webhook: livekitWebhook(),
    });
    expect(await commitWithoutTrace(late)).toBe('gone');
  });

  it('with an exception when it violates a constraint', async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const legal = startCommit(startOf(ann, [bob]), Date.now());
    const illegal = { ...legal, call: { ...legal.call, state: 'ended' as const } };
    const before = await readTables();
    await expect(store.commit(illegal)).rejects.toMatchObject({ code: '23514' });
    expect(await readTables()).toEqual(before);
  });
});
