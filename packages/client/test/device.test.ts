import { claimDevice, type DeviceDeps } from '#src/device.ts';
import type { RinglineStorage } from '#src/options.ts';
import { createLogger } from './fixtures/environment.ts';

/** The locks of one browser: what Web Locks promise, for exclusive locks. */
function createLocks(): NonNullable<DeviceDeps['locks']> {
  const queues = new Map<string, Promise<unknown>>();
  const request = async (name: string, options: LockOptions, hold: () => Promise<unknown>) => {
    const before = queues.get(name) ?? Promise.resolve();
    const signal = options.signal ?? new AbortController().signal;
    const aborted = new Promise<never>((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)),
    );
    const granted = Promise.race([before, aborted]).then(hold);
    queues.set(name, Promise.allSettled([before, granted]));
    return granted;
  };
  return { request: request as unknown as LockManager['request'] };
}

function createStorage(content: Record<string, string> = {}): RinglineStorage {
  const items = new Map(Object.entries(content));
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

function copyOf(storage: RinglineStorage): RinglineStorage {
  return createStorage({ 'ringline.device': storage.getItem('ringline.device') ?? '' });
}

function surroundings(): DeviceDeps {
  return {
    storage: createStorage(),
    locks: createLocks(),
    logger: createLogger(),
  };
}

describe('the id of a device', () => {
  it('is new in a new tab', async () => {
    const [one, other] = await Promise.all([
      claimDevice(surroundings()),
      claimDevice(surroundings()),
    ]);
    expect(one.id).toMatch(/^[0-9a-f]{32}$/);
    expect(other.id).not.toBe(one.id);
  });

  it('survives a reload', async () => {
    const tab = surroundings();
    const before = await claimDevice(tab);
    before.release();
    expect((await claimDevice(tab)).id).toBe(before.id);
  });

  it('survives a reload that asks before the old page has released it', async () => {
    const tab = surroundings();
    const before = await claimDevice(tab);
    const after = claimDevice(tab);
    before.release();
    expect((await after).id).toBe(before.id);
  });

  it('is new in a duplicated tab, and stays the same in each of the two', async () => {
    const tab = surroundings();
    const first = await claimDevice(tab);
    const duplicate = { ...tab, storage: copyOf(tab.storage ?? createStorage()) };
    const second = await claimDevice(duplicate);
    expect(second.id).not.toBe(first.id);
    second.release();
    expect((await claimDevice(duplicate)).id).toBe(second.id);
  });

  it('is kept in a browser without locks', async () => {
    const tab = { ...surroundings(), locks: null };
    const { id } = await claimDevice(tab);
    expect((await claimDevice(tab)).id).toBe(id);
  });

  it('is created without storage', async () => {
    const device = await claimDevice({ ...surroundings(), storage: null });
    expect(device.id).toMatch(/^[0-9a-f]{32}$/);
  });
});
