import { ringAgain, roomOfUser } from '@ringline/engine';
import { type Logger, type Resource, runRepeatedly } from '@ringline/platform';
import type { Store } from '@ringline/store';
import type { RinglineServer } from './io.ts';

const EVERY_MS = 2000;
/** The number of users in one query. */
const CHUNK = 1000;

function listUsersHere(io: RinglineServer): string[] {
  const sockets = [...io.of('/').sockets.values()];
  return [...new Set(sockets.map(({ data }) => data.person.userId))];
}

/**
 * Every two seconds, reads unacknowledged rings from Postgres and sends them again to the devices
 * that are connected here. This repeats rings that Redis lost. A callee without a connected device
 * costs nothing.
 */
export function ringOwnDevices(io: RinglineServer, store: Store, logger: Logger): Resource {
  const ringUsers = async (userIds: readonly string[]): Promise<void> => {
    const rings = await store.listUnacknowledgedRings(EVERY_MS, userIds);
    for (const { event, payload, to } of await ringAgain(store, rings)) {
      io.local.to(to.map(roomOfUser)).emit(event, payload);
    }
  };

  const run = async (): Promise<void> => {
    const userIds = listUsersHere(io);
    if (userIds.length === 0 || !(await store.hasUnacknowledgedRings(EVERY_MS))) return;
    for (let start = 0; start < userIds.length; start += CHUNK) {
      await ringUsers(userIds.slice(start, start + CHUNK));
    }
  };
  return runRepeatedly({ name: 'rings of own devices', everyMs: EVERY_MS, run }, logger);
}
