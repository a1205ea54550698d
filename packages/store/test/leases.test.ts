import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

let trial: StoreOnTrial;
beforeAll(async () => {
  trial = await tryStore();
});
afterAll(() => trial.stop());

it('gives a lease to one of several who want it at once', async () => {
  const { store, another } = trial;
  const stores = [store, another(), another()];
  const taken = await Promise.all(
    stores.map((one, index) => one.takeLease('contended', `worker-${index}`, 100)),
  );
  expect(taken.filter(Boolean)).toHaveLength(1);
});

it('lets its holder renew it, and nobody else have it meanwhile', async () => {
  const { store, pass } = trial;
  expect(await store.takeLease('renewed', 'one', 100)).toBe(true);
  await pass(80_000);
  expect(await store.takeLease('renewed', 'one', 100)).toBe(true);
  await pass(80_000);
  expect(await store.takeLease('renewed', 'two', 100)).toBe(false);
});

it('passes to another when its holder stops renewing it', async () => {
  const { store, pass } = trial;
  await store.takeLease('lost', 'one', 100);
  await pass(100_000);
  expect(await store.takeLease('lost', 'two', 100)).toBe(true);
  expect(await store.takeLease('lost', 'one', 100)).toBe(false);
});

it('is one for each kind of work', async () => {
  const { store } = trial;
  expect(await store.takeLease('rooms', 'one', 100)).toBe(true);
  expect(await store.takeLease('retention', 'two', 100)).toBe(true);
});
