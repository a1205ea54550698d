import type { ClientLogger, RinglineStorage } from './options.ts';
import { createRandomId } from './random-id.ts';

const STORAGE_KEY = 'ringline.device';
/**
 * A reloaded page may ask before the browser has released the lock of the page that it replaces.
 */
const RELOAD_MS = 500;

/** This client's device, until it is released. */
export interface Device {
  id: string;
  /** Frees the id for the next client of this tab. */
  release(): void;
}

type Locks = Pick<LockManager, 'request'>;

export interface DeviceDeps {
  /** The host app's choice. */
  deviceId?: string | undefined;
  storage: RinglineStorage | null;
  /** Null outside of secure contexts, where media does not work either. */
  locks: Locks | null;
  logger: ClientLogger;
}

/** Resolves to null where another tab holds the lock for longer than a reload takes. */
function lockId(locks: Locks, id: string, logger: ClientLogger): Promise<Device | null> {
  return new Promise((resolve) => {
    const waiting = new AbortController();
    const giveUp = (error: unknown) => {
      clearTimeout(timer);
      logger.debug('another tab has this device id', { error });
      resolve(null);
    };
    // Some browsers lose a request, and neither grant nor abort it: then only the timer ends the
    // wait.
    const timer = setTimeout(() => {
      waiting.abort();
      giveUp(new Error('the lock was not granted in time'));
    }, RELOAD_MS);
    const held = () =>
      new Promise<void>((release) => {
        clearTimeout(timer);
        if (waiting.signal.aborted) release();
        else resolve({ id, release });
      });
    try {
      locks.request(`ringline-device:${id}`, { signal: waiting.signal }, held).catch(giveUp);
    } catch (error) {
      giveUp(error);
    }
  });
}

/**
 * Each tab has its own id, which survives a reload in `sessionStorage`. Duplicating a tab copies
 * that storage, so the id is also held as a Web Lock: a tab that finds the lock taken gets a new
 * id.
 */
export async function claimDevice(deps: DeviceDeps): Promise<Device> {
  const { deviceId, storage, locks, logger } = deps;
  if (deviceId !== undefined) return { id: deviceId, release: () => undefined };
  const claim = async (id: string): Promise<Device | null> =>
    locks === null ? { id, release: () => undefined } : lockId(locks, id, logger);

  const storedId = storage?.getItem(STORAGE_KEY) ?? null;
  const stored = storedId === null ? null : await claim(storedId);
  if (stored !== null) return stored;

  const id = createRandomId();
  const fresh = await claim(id);
  storage?.setItem(STORAGE_KEY, id);
  return fresh ?? { id, release: () => undefined };
}
