import { ringAgain, roomOfUser } from '@ringline/engine';
import { type Logger, type Resource, runRepeatedly } from '@ringline/platform';
import type { Ring, Store } from '@ringline/store';
import type { RinglineServer } from './io.ts';

const EVERY_MS = 2000;
/**
 * The worker repeats a ring after two seconds, and devices have usually acknowledged that by then.
 */
const UNACKNOWLEDGED_AFTER_MS = 2500;

/**
 * Repeats unacknowledged rings to the devices that are connected here, straight from Postgres.
 * Redis may lose the worker's repetitions: in a cluster whose master is away, a third of the users
 * hears nothing.
 */
export function ringOwnDevices(io: RinglineServer, store: Store, logger: Logger): Resource {
  const isHere = ({ userId }: Ring): boolean => io.of('/').adapter.rooms.has(roomOfUser(userId));

  const run = async (): Promise<void> => {
    const rings = await store.listUnacknowledgedRings(UNACKNOWLEDGED_AFTER_MS);
    for (const { event, payload, to } of await ringAgain(store, rings.filter(isHere))) {
      io.local.to(to.map(roomOfUser)).emit(event, payload);
    }
  };
  return runRepeatedly({ name: 'rings of own devices', everyMs: EVERY_MS, run }, logger);
}
