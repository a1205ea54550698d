import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createStore, openDatabase, type Store } from '@ringline/store';
import { type StoreOnTrial, tryStore } from './store-on-trial.ts';

function ignore() {
  return undefined;
}
const logger = { error: ignore, warn: ignore, info: ignore, debug: ignore };

let trial: StoreOnTrial;
const others: Store[] = [];
function another(deploymentId: string | null = null): Store {
  const store = createStore(openDatabase({ url: trial.url, poolSize: 1, logger }), {
    deploymentId,
  });
  others.push(store);
  return store;
}

beforeEach(async () => {
  trial = await tryStore();
});
afterEach(async () => {
  await Promise.all(others.splice(0).map((store) => store.close()));
  await trial.stop();
});

describe('the id of a deployment', () => {
  it('is made once, also when several processes ask for it at the same time', async () => {
    const stores = Array.from({ length: 8 }, () => another());
    const ids = await Promise.all(stores.map((store) => store.getDeploymentId()));
    expect(ids[0]).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/);
    expect(new Set(ids).size).toBe(1);
    expect(await another().getDeploymentId()).toBe(ids[0]);
  });

  it('is another one in another database', async () => {
    const neighbour = await tryStore();
    expect(await neighbour.store.getDeploymentId()).not.toBe(await trial.store.getDeploymentId());
    await neighbour.stop();
  });

  it('is the given one where one is given', async () => {
    expect(await another('berlin-2').getDeploymentId()).toBe('berlin-2');
  });

  it('is asked for again after Postgres was away', async () => {
    const store = another();
    await trial.query('ALTER TABLE deployment RENAME TO away');
    await expect(store.getDeploymentId()).rejects.toThrow();
    await trial.query('ALTER TABLE away RENAME TO deployment');
    expect(await store.getDeploymentId()).toBe(await trial.store.getDeploymentId());
  });
});
