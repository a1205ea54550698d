import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadCall, startCall } from './decisions.ts';
import { createUserIds } from './samples.ts';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.stop());

describe('loading', () => {
  it('returns null for an unknown id', async () => {
    expect(await fixture.store.load(randomUUID())).toBeNull();
  });

  it("returns the database's time", async () => {
    const { store, moveTime } = fixture;
    const [ann, bob] = createUserIds();
    const callId = await startCall(store, ann, [bob]);
    const { now } = await loadCall(store, callId);
    await moveTime(5000);
    const later = await loadCall(store, callId);
    expect(later.now - now).toBeGreaterThanOrEqual(5000);
    expect(later.now - now).toBeLessThan(10_000);
  });

  it("returns no time before the call's last change after the clock was set back", async () => {
    const { store, moveTime } = fixture;
    const [ann, bob] = createUserIds();
    await moveTime(60_000);
    const callId = await startCall(store, ann, [bob]);
    const { now } = await loadCall(store, callId);
    await moveTime(-60_000);
    expect(now - (await loadCall(store, callId)).now).toBeLessThan(1000);
  });

  it('loads several calls and leaves out unknown ids', async () => {
    const { store } = fixture;
    const [ann, bob] = createUserIds();
    const [cyn, dan] = createUserIds();
    const callIds = [await startCall(store, ann, [bob]), await startCall(store, cyn, [dan])];
    const loaded = await store.loadMany([...callIds, randomUUID()]);
    expect(loaded.map(({ call }) => call.id).sort()).toEqual(callIds.toSorted());
    expect(await store.loadMany([])).toEqual([]);
  });
});
