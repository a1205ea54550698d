import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transientCodes } from '@ringline/contract';
import { PENDING_RESULT } from '@ringline/store';
import { startCommit, startOf } from './decisions.ts';
import { createUserIds, idempotentResult } from './samples.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

const HOUR = 3_600_000;

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.stop());

describe('an idempotency key', () => {
  it('returns the first result', async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const refusal = { code: 'USER_BUSY', message: 'Everyone is busy.', callId: 'c' } as const;
    const idempotency = idempotentResult(ann, { status: 409, refusal, merged: true });
    const commit = startCommit(startOf(ann, [bob]), Date.now(), { idempotency });
    await store.commit(commit);
    expect(await store.findIdempotent(ann, 'key-1')).toEqual({
      fingerprint: 'POST /calls/start {}',
      status: 409,
      callId: commit.call.id,
      refusal,
      merged: true,
    });
  });

  it('belongs to one user', async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const idempotency = idempotentResult(ann);
    await store.commit(startCommit(startOf(ann, [bob]), Date.now(), { idempotency }));
    expect(await store.findIdempotent(bob, 'key-1')).toBeNull();
    expect(await store.findIdempotent(ann, 'key-2')).toBeNull();
  });

  it('expires after 24 hours, and may then be used for another request', async () => {
    const { store, moveTime } = fixture;
    const [ann, bob] = createUserIds();
    const [cyn, dan] = createUserIds();
    await store.commit(
      startCommit(startOf(ann, [bob]), Date.now(), { idempotency: idempotentResult(cyn) }),
    );
    await moveTime(24 * HOUR - 60_000);
    expect(await store.findIdempotent(cyn, 'key-1')).not.toBeNull();
    await moveTime(60_000);
    expect(await store.findIdempotent(cyn, 'key-1')).toBeNull();
    const other = startCommit(startOf(cyn, [dan]), Date.now() + 24 * HOUR, {
      idempotency: idempotentResult(cyn, { fingerprint: 'another' }),
    });
    expect(await store.commit(other)).toMatchObject({ outcome: 'committed' });
    expect(await store.findIdempotent(cyn, 'key-1')).toMatchObject({
      fingerprint: 'another',
      callId: other.call.id,
    });
  });
});

describe('an idempotency key of an open request', () => {
  const HALF_AN_HOUR = 1_800_000;
  const open = async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const commit = startCommit(startOf(ann, [bob]), Date.now());
    await store.commit(commit);
    const pending = idempotentResult(ann, PENDING_RESULT);
    const firstAt = await store.saveIdempotent(commit.call.id, pending);
    await fixture.moveTime(HALF_AN_HOUR);
    return { store, ann, pending, firstAt, callId: commit.call.id };
  };

  it.each(transientCodes)('ignores a stored %s of release 0.1.0', async (code) => {
    const { store, query } = fixture;
    const [ann, bob] = createUserIds();
    const failed = startCommit(startOf(ann, [bob]), Date.now(), {
      idempotency: idempotentResult(ann),
    });
    await store.commit(failed);
    await query(
      `UPDATE idempotency_keys SET status = 503, refusal = json_build_object('code', $2::text, 'message', '')
       WHERE user_id = $1`,
      [ann, code],
    );
    expect(await store.findIdempotent(ann, 'key-1')).toBeNull();
    const [cyn, dan] = createUserIds();
    const again = startCommit(startOf(cyn, [dan]), Date.now(), {
      idempotency: idempotentResult(ann),
    });
    expect(await store.commit(again)).toMatchObject({ outcome: 'committed' });
    expect(await store.findIdempotent(ann, 'key-1')).toMatchObject({
      status: 201,
      callId: again.call.id,
      refusal: null,
    });
  });

  it('keeps the time of the first request until the request has a result', async () => {
    const { store, ann, pending, firstAt, callId } = await open();
    expect(firstAt).not.toBeNull();
    expect(await store.saveIdempotent(callId, pending)).toBe(firstAt);
    expect(await store.findIdempotent(ann, 'key-1')).toBeNull();
    expect(await store.saveIdempotent(callId, idempotentResult(ann))).toBeGreaterThan(
      Number(firstAt),
    );
    expect(await store.saveIdempotent(callId, pending)).toBeNull();
    expect(await store.findIdempotent(ann, 'key-1')).toMatchObject({ status: 201, refusal: null });
  });

  it('starts over for another request, and after 24 hours', async () => {
    const { store, pending, firstAt, callId } = await open();
    const other = { ...pending, fingerprint: 'another' };
    expect(await store.saveIdempotent(callId, other)).toBeGreaterThanOrEqual(
      Number(firstAt) + HALF_AN_HOUR,
    );
    await fixture.moveTime(24 * HOUR);
    expect(await store.saveIdempotent(callId, other)).toBeGreaterThanOrEqual(
      Number(firstAt) + 24 * HOUR,
    );
  });

  it('returns the call of the failed attempt to the same request only, for 24 hours', async () => {
    const { store, pending, callId } = await open();
    expect(await store.findCallOfOpenRequest(pending)).toBe(callId);
    expect(await store.findCallOfOpenRequest({ ...pending, fingerprint: 'another' })).toBeNull();
    await fixture.moveTime(24 * HOUR);
    expect(await store.findCallOfOpenRequest(pending)).toBeNull();
  });
});
