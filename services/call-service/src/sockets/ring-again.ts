import { ringAgain, roomOfUser } from '@ringline/engine';
import type { Logger, Resource } from '@ringline/platform';
import type { Ring, Store } from '@ringline/store';
import { regularly } from '../regularly.ts';
import type { RinglineServer } from './io.ts';

const EVERY_MS = 2000;
/** The worker's repetition comes after two seconds, and is acknowledged by then. */
const UNHEARD_AFTER_MS = 2500;

/**
 * Rings the devices that are connected here once more, straight from Postgres, for a ring that nobody has acknowledged
 * though it was repeated already. Whatever was published never came then: in a cluster of Redis whose master is away,
 * what is meant for a third of the users comes to nobody.
 */
export function ringOwnDevices(io: RinglineServer, store: Store, logger: Logger): Resource {
  const isHere = ({ userId }: Ring): boolean => io.of('/').adapter.rooms.has(roomOfUser(userId));

  return regularly('rings of own devices', EVERY_MS, logger, async () => {
    const unheard = (await store.listUnacknowledgedRings(UNHEARD_AFTER_MS)).filter(isHere);
    for (const { event, payload, to } of await ringAgain(store, unheard)) {
      io.local.to(to.map(roomOfUser)).emit(event, payload);
    }
  });
}
