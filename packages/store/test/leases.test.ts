import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createStoreFixture, type StoreFixture } from './store-fixture.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(() => fixture.stop());

it('takeLease gives a lease to one of several workers that try at once', async () => {
  const { store, openStore } = fixture;
  const stores = [store, openStore(), openStore()];
  const taken = await Promise.all(
    stores.map((one, index) => one.takeLease('contended', `worker-${index}`, 100)),
  );
  expect(taken.filter(Boolean)).toHaveLength(1);
});

it('takeLease renews the lease of its owner and refuses others', async () => {
  const { store, moveTime } = fixture;
  expect(await store.takeLease('renewed', 'one', 100)).toBe(true);
  await moveTime(80_000);
  expect(await store.takeLease('renewed', 'one', 100)).toBe(true);
  await moveTime(80_000);
  expect(await store.takeLease('renewed', 'two', 100)).toBe(false);
});

it('takeLease gives an expired lease to another worker', async () => {
  const { store, moveTime } = fixture;
  await store.takeLease('lost', 'one', 100);
  await moveTime(100_000);
  expect(await store.takeLease('lost', 'two', 100)).toBe(true);
  expect(await store.takeLease('lost', 'one', 100)).toBe(false);
});

it('takeLease gives leases of different names to different workers', async () => {
  const { store } = fixture;
  expect(await store.takeLease('rooms', 'one', 100)).toBe(true);
  expect(await store.takeLease('retention', 'two', 100)).toBe(true);
});
