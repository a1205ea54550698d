import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createStore, openDatabase, type Store } from '@ringline/store';
import { createStoreFixture, type StoreFixture, silentLogger } from './store-fixture.ts';

let fixture: StoreFixture;
const others: Store[] = [];
function openStore(deploymentId: string | null = null): Store {
  const store = createStore(openDatabase({ url: fixture.url, poolSize: 1, logger: silentLogger }), {
    deploymentId,
  });
  others.push(store);
  return store;
}

beforeEach(async () => {
  fixture = await createStoreFixture();
});
afterEach(async () => {
  await Promise.all(others.splice(0).map((store) => store.close()));
  await fixture.stop();
});

describe('the id of a deployment', () => {
  it('is generated once when several processes read it at the same time', async () => {
    const stores = Array.from({ length: 8 }, () => openStore());
    const ids = await Promise.all(stores.map((store) => store.getDeploymentId()));
    expect(ids[0]).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/);
    expect(new Set(ids).size).toBe(1);
    expect(await openStore().getDeploymentId()).toBe(ids[0]);
  });

  it('differs between databases', async () => {
    const other = await createStoreFixture();
    expect(await other.store.getDeploymentId()).not.toBe(await fixture.store.getDeploymentId());
    await other.stop();
  });

  it('is the configured one if there is one', async () => {
    expect(await openStore('berlin-2').getDeploymentId()).toBe('berlin-2');
  });

  it('is read again after a failure', async () => {
    const store = openStore();
    await fixture.query('ALTER TABLE deployment RENAME TO missing');
    await expect(store.getDeploymentId()).rejects.toThrow();
    await fixture.query('ALTER TABLE missing RENAME TO deployment');
    expect(await store.getDeploymentId()).toBe(await fixture.store.getDeploymentId());
  });
});
