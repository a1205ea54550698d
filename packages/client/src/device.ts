import type { ClientLogger, RinglineStorage } from './options.ts';
import { randomId } from './random-id.ts';

const STORAGE_KEY = 'ringline.device';
/** A reloaded page may ask before the browser has taken the lock away from the page that it replaces. */
const RELOAD_PATIENCE_MS = 500;

/** The device that this client is, until it is released. */
export interface Device {
  id: string;
  /** Frees the id for the next client of this tab. */
  release(): void;
}

type Locks = Pick<LockManager, 'request'>;

export interface DeviceSurroundings {
  storage: RinglineStorage | null;
  /** Web Locks; null where the page is no secure context. There media does not work either. */
  locks: Locks | null;
  logger: ClientLogger;
  newId?: () => string;
}

/** Resolves to null when somebody else holds the lock for longer than a reload takes. */
function hold(locks: Locks, id: string, logger: ClientLogger): Promise<Device | null> {
  return new Promise((resolve) => {
    const patience = new AbortController();
    const giveUp = (error: unknown) => {
      clearTimeout(timer);
      logger.debug('device id is held by another tab', { error });
      resolve(null);
    };
    // Some browsers neither grant nor abort a request that they have lost: then the timer alone ends it.
    const timer = setTimeout(() => {
      patience.abort();
      giveUp(new Error('the lock was not granted in time'));
    }, RELOAD_PATIENCE_MS);
    const held = () =>
      new Promise<void>((release) => {
        clearTimeout(timer);
        if (patience.signal.aborted) release();
        else resolve({ id, release });
      });
    try {
      locks.request(`ringline-device:${id}`, { signal: patience.signal }, held).catch(giveUp);
    } catch (error) {
      giveUp(error);
    }
  });
}

/**
 * A tab's own id: it survives a reload in `sessionStorage`. Duplicating a tab copies that storage, so the
 * id is also held as a Web Lock: a tab that finds it held by another one takes a new id.
 */
export async function claimDevice(around: DeviceSurroundings): Promise<Device> {
  const { storage, locks, logger, newId = randomId } = around;
  const claim = async (id: string): Promise<Device | null> =>
    locks === null ? { id, release: () => undefined } : hold(locks, id, logger);

  const known = storage?.getItem(STORAGE_KEY) ?? null;
  const kept = known === null ? null : await claim(known);
  if (kept !== null) return kept;

  const id = newId();
  const fresh = await claim(id);
  storage?.setItem(STORAGE_KEY, id);
  return fresh ?? { id, release: () => undefined };
}
