import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transientCodes } from '@ringline/contract';
import {
  type Commit,
  type LiveKitWebhook,
  type NewIdempotentResult,
  PENDING_RESULT,
} from '@ringline/store';
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
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
beforeAll(async () => {
  trial = await tryStore();
});
afterAll(() => trial.stop());

const HOUR = 3_600_000;

/** Users that no other test's calls claim. */
function users(): [string, string] {
  const run = randomUUID().slice(0, 8);
  return [`ann-${run}`, `bob-${run}`];
}

function answer(userId: string, more: Partial<NewIdempotentResult> = {}): NewIdempotentResult {
  return {
    userId,
    key: 'a key',
    fingerprint: 'POST /calls/start {}',
    status: 201,
    refusal: null,
    merged: false,
    ...more,
  };
}

function report(): LiveKitWebhook {
  return {
    id: `EV_${randomUUID()}`,
    event: 'participant_joined',
    userId: 'ann',
    sid: 'PA_1',
    at: 1_795_000_000_000,
  };
}

/** How many rows every table holds. */
async function footprint(): Promise<unknown> {
  const [row] = await trial.query(
    `SELECT (SELECT json_agg(calls ORDER BY id) FROM calls)::text AS calls,
       (SELECT json_agg(call_participants ORDER BY call_id, user_id) FROM call_participants)::text AS participants,
       (SELECT json_agg(call_invitations ORDER BY call_id, user_id) FROM call_invitations)::text AS invitations,
       (SELECT count(*) FROM call_events) AS events, (SELECT count(*) FROM outbox) AS outbox,
       (SELECT count(*) FROM idempotency_keys) AS keys, (SELECT count(*) FROM livekit_reports) AS reports`,
  );
  return row;
}

/** The commit's outcome, once it is certain that anything but 'committed' left no trace. */
async function refusedOutcome(commit: Commit): Promise<string> {
  const before = await footprint();
  const { outcome } = await trial.store.commit(commit);
  expect(await footprint()).toEqual(before);
  return outcome;
}

describe('a commit', () => {
  it('writes the call, its participants, invitations, events and outbox together', async () => {
    const { store, query } = trial;
    const [ann, bob] = users();
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

  it('counts the version up with every decision', async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const callId = await startCall(store, ann, [bob]);
    const accepted = decidedCommit(await loadCall(store, callId), accept(bob));
    expect(await store.commit(accepted)).toMatchObject({ outcome: 'committed', version: 2 });
    expect(await store.load(callId)).toMatchObject({ version: 2, call: accepted.call });
  });

  it('settles the invitation that the start opened', async () => {
    const { store, query } = trial;
    const [ann, bob] = users();
    const callId = await startCall(store, ann, [bob]);
    await store.commit(decidedCommit(await loadCall(store, callId), accept(bob)));
    expect(
      await query('SELECT user_id, ring, outcome FROM call_invitations WHERE call_id = $1', [
        callId,
      ]),
    ).toEqual([{ user_id: bob, ring: 1, outcome: 'accepted' }]);
  });

  it('keeps one row of an invitation that was opened and settled at once', async () => {
    const { store, query } = trial;
    const [ann, bob] = users();
    const command = startOf(ann, [bob], { mediaRefused: true });
    const commit = startCommit(command, Date.now());
    expect(commit.invitations.map(({ outcome }) => outcome)).toEqual([null, 'cancelled']);
    await store.commit(commit);
    expect(
      await query('SELECT outcome FROM call_invitations WHERE call_id = $1', [command.callId]),
    ).toEqual([{ outcome: 'cancelled' }]);
  });

  it('leaves no outbox row where there is nothing to tell', async () => {
    const [ann, bob] = users();
    const commit = startCommit(startOf(ann, [bob]), Date.now(), { outbox: [] });
    expect(await trial.store.commit(commit)).toMatchObject({ outboxId: null });
  });

  it('counts the version up for a participant alone: they are part of the call', async () => {
    const { store } = trial;
    const callId = await connectedCall(store, ...users());
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

  it('touches only the participants who have changed', async () => {
    const { store, query } = trial;
    const callId = await connectedCall(store, ...users());
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

  it('leaves the version of an unchanged call as it is, and writes the rest', async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const callId = await startCall(store, ann, [bob]);
    const loaded = await loadCall(store, callId);
    const unchanged = commitOf(
      loaded,
      { call: loaded.call, events: [] },
      { idempotency: answer(bob), webhook: report() },
    );
    expect(await store.commit(unchanged)).toEqual({
      outcome: 'committed',
      version: 1,
      outboxId: null,
    });
    expect(await store.load(callId)).toMatchObject({ call: loaded.call, version: 1 });
    expect(await store.findIdempotent(bob, 'a key')).toMatchObject({ callId });
    expect(await store.getTimeline(callId)).toMatchObject({
      entries: expect.arrayContaining([
        expect.objectContaining({ kind: 'report', event: 'participant_joined' }),
      ]),
    });
  });
});

describe('a commit is refused, and leaves no trace', () => {
  it('as a conflict when the call has moved on', async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const callId = await startCall(store, ann, [bob]);
    const loaded = await loadCall(store, callId);
    await store.commit(decidedCommit(loaded, accept(bob)));
    const late = decidedCommit(
      loaded,
      { name: 'end', person: person(ann) },
      { idempotency: answer(ann), webhook: report() },
    );
    expect(await refusedOutcome(late)).toBe('conflict');
  });

  it('as a conflict when the call has moved on, even if it would change nothing', async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const callId = await startCall(store, ann, [bob]);
    const loaded = await loadCall(store, callId);
    await store.commit(decidedCommit(loaded, accept(bob)));
    const late = commitOf(loaded, { call: loaded.call, events: [] }, { webhook: report() });
    expect(await refusedOutcome(late)).toBe('conflict');
  });

  it('as a conflict when a new call has the id of another', async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const callId = await startCall(store, ann, [bob]);
    const [cyn, dan] = users();
    const again = startCommit(startOf(cyn, [dan], { callId }), Date.now());
    expect(await refusedOutcome(again)).toBe('conflict');
  });

  it('as claimed when a user is in another call', async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const [cyn, dan] = users();
    await startCall(store, ann, [bob]);
    const blind = startCommit(startOf(cyn, [dan, bob]), Date.now(), { idempotency: answer(cyn) });
    expect(await refusedOutcome(blind)).toBe('claimed');
  });

  it('as claimed when an invitation rings somebody who is in another call', async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const [cyn, dan] = users();
    await startCall(store, ann, [bob]);
    const callId = await connectedCall(store, cyn, dan);
    const invite = decidedCommit(await loadCall(store, callId), {
      name: 'invite',
      person: person(cyn),
      participantIds: [bob],
      busyUsers: new Map(),
    });
    expect(await refusedOutcome(invite)).toBe('claimed');
  });

  it('as repeated when the key is there, also with another call', async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const first = startCommit(startOf(ann, [bob]), Date.now(), { idempotency: answer(ann) });
    await store.commit(first);
    const again = startCommit(startOf(ann, [bob]), Date.now(), { idempotency: answer(ann) });
    expect(await refusedOutcome(again)).toBe('repeated');
  });

  it('as a duplicate report when the webhook was dealt with', async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const callId = await startCall(store, ann, [bob]);
    const webhook = report();
    const first = decidedCommit(await loadCall(store, callId), mediaJoined(ann), {
      webhook,
    });
    expect(await store.commit(first)).toMatchObject({ outcome: 'committed' });
    const again = decidedCommit(await loadCall(store, callId), mediaJoined(ann, 2), {
      webhook,
    });
    expect(await refusedOutcome(again)).toBe('duplicate_webhook');
  });

  it('as gone when there is no such call', async () => {
    const { store, query } = trial;
    const [ann, bob] = users();
    const callId = await startCall(store, ann, [bob]);
    const loaded = await loadCall(store, callId);
    await query('DELETE FROM calls WHERE id = $1', [callId]);
    const late = decidedCommit(loaded, accept(bob), {
      idempotency: answer(bob),
      webhook: report(),
    });
    expect(await refusedOutcome(late)).toBe('gone');
  });

  it('with an exception where the database finds it illegal', async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const legal = startCommit(startOf(ann, [bob]), Date.now());
    const illegal = { ...legal, call: { ...legal.call, state: 'ended' as const } };
    const before = await footprint();
    await expect(store.commit(illegal)).rejects.toMatchObject({ code: '23514' });
    expect(await footprint()).toEqual(before);
  });
});

describe('an idempotency key', () => {
  it('is recalled with the first answer', async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const refusal = { code: 'USER_BUSY', message: 'Everyone is busy.', callId: 'c' } as const;
    const idempotency = answer(ann, { status: 409, refusal, merged: true });
    const commit = startCommit(startOf(ann, [bob]), Date.now(), { idempotency });
    await store.commit(commit);
    expect(await store.findIdempotent(ann, 'a key')).toEqual({
      fingerprint: 'POST /calls/start {}',
      status: 409,
      callId: commit.call.id,
      refusal,
      merged: true,
    });
  });

  it('is the own one of each user', async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const idempotency = answer(ann);
    await store.commit(startCommit(startOf(ann, [bob]), Date.now(), { idempotency }));
    expect(await store.findIdempotent(bob, 'a key')).toBeNull();
    expect(await store.findIdempotent(ann, 'another key')).toBeNull();
  });

  it('holds for 24 hours, and then may be used for something else', async () => {
    const { store, pass } = trial;
    const [ann, bob] = users();
    const [cyn, dan] = users();
    await store.commit(startCommit(startOf(ann, [bob]), Date.now(), { idempotency: answer(cyn) }));
    await pass(24 * HOUR - 60_000);
    expect(await store.findIdempotent(cyn, 'a key')).not.toBeNull();
    await pass(60_000);
    expect(await store.findIdempotent(cyn, 'a key')).toBeNull();
    const other = startCommit(startOf(cyn, [dan]), Date.now() + 24 * HOUR, {
      idempotency: answer(cyn, { fingerprint: 'another' }),
    });
    expect(await store.commit(other)).toMatchObject({ outcome: 'committed' });
    expect(await store.findIdempotent(cyn, 'a key')).toMatchObject({
      fingerprint: 'another',
      callId: other.call.id,
    });
  });
});

describe('an idempotency key of a request that is still open', () => {
  const HALF_AN_HOUR = 1_800_000;
  const open = async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const commit = startCommit(startOf(ann, [bob]), Date.now());
    await store.commit(commit);
    const pending = answer(ann, PENDING_RESULT);
    const firstAt = await store.saveIdempotent(commit.call.id, pending);
    await trial.pass(HALF_AN_HOUR);
    return { store, ann, pending, firstAt, callId: commit.call.id };
  };

  it.each(transientCodes)('answers no repeat with %s, which release 0.1.0 stored', async (code) => {
    const { store, query } = trial;
    const [ann, bob] = users();
    const failed = startCommit(startOf(ann, [bob]), Date.now(), { idempotency: answer(ann) });
    await store.commit(failed);
    await query(
      `UPDATE idempotency_keys SET status = 503, refusal = json_build_object('code', $2::text, 'message', '')
       WHERE user_id = $1`,
      [ann, code],
    );
    expect(await store.findIdempotent(ann, 'a key')).toBeNull();
    const [cyn, dan] = users();
    const again = startCommit(startOf(cyn, [dan]), Date.now(), { idempotency: answer(ann) });
    expect(await store.commit(again)).toMatchObject({ outcome: 'committed' });
    expect(await store.findIdempotent(ann, 'a key')).toMatchObject({
      status: 201,
      callId: again.call.id,
      refusal: null,
    });
  });

  it('keeps the time of the first request, until it is answered', async () => {
    const { store, ann, pending, firstAt, callId } = await open();
    expect(firstAt).not.toBeNull();
    expect(await store.saveIdempotent(callId, pending)).toBe(firstAt);
    expect(await store.findIdempotent(ann, 'a key')).toBeNull();
    expect(await store.saveIdempotent(callId, answer(ann))).toBeGreaterThan(Number(firstAt));
    expect(await store.saveIdempotent(callId, pending)).toBeNull();
    expect(await store.findIdempotent(ann, 'a key')).toMatchObject({ status: 201, refusal: null });
  });

  it('begins anew for another request, and a day later', async () => {
    const { store, pending, firstAt, callId } = await open();
    const other = { ...pending, fingerprint: 'another' };
    expect(await store.saveIdempotent(callId, other)).toBeGreaterThanOrEqual(
      Number(firstAt) + HALF_AN_HOUR,
    );
    await trial.pass(24 * HOUR);
    expect(await store.saveIdempotent(callId, other)).toBeGreaterThanOrEqual(
      Number(firstAt) + 24 * HOUR,
    );
  });

  it('names the call that its attempt left, to that request alone and for a day', async () => {
    const { store, pending, callId } = await open();
    expect(await store.findCallOfOpenRequest(pending)).toBe(callId);
    expect(await store.findCallOfOpenRequest({ ...pending, fingerprint: 'another' })).toBeNull();
    await trial.pass(24 * HOUR);
    expect(await store.findCallOfOpenRequest(pending)).toBeNull();
  });
});

describe('a loaded call', () => {
  it('is null where there is none', async () => {
    expect(await trial.store.load(randomUUID())).toBeNull();
  });

  it('comes with the database’s time', async () => {
    const { store, pass } = trial;
    const [ann, bob] = users();
    const callId = await startCall(store, ann, [bob]);
    const { now } = await loadCall(store, callId);
    await pass(5000);
    const later = await loadCall(store, callId);
    expect(later.now - now).toBeGreaterThanOrEqual(5000);
    expect(later.now - now).toBeLessThan(10_000);
  });

  it('never sees time before its last change, though the clock was set back', async () => {
    const { store, pass } = trial;
    const [ann, bob] = users();
    await pass(60_000);
    const callId = await startCall(store, ann, [bob]);
    const { now } = await loadCall(store, callId);
    await pass(-60_000);
    expect(now - (await loadCall(store, callId)).now).toBeLessThan(1000);
  });

  it('is loaded with others, without those that are not there', async () => {
    const { store } = trial;
    const [ann, bob] = users();
    const [cyn, dan] = users();
    const callIds = [await startCall(store, ann, [bob]), await startCall(store, cyn, [dan])];
    const loaded = await store.loadMany([...callIds, randomUUID()]);
    expect(loaded.map(({ call }) => call.id).sort()).toEqual(callIds.toSorted());
    expect(await store.loadMany([])).toEqual([]);
  });
});
