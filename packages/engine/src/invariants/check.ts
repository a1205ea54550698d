import type { Logger } from '@ringline/platform';
import {
  checkDatabase,
  createStore,
  type InvariantOptions,
  type InvariantReport,
} from '@ringline/store';
import { eventsFoldToTheCall } from './fold.ts';
import { checkRooms, type RoomLists } from './rooms.ts';

export interface CheckOptions extends InvariantOptions {
  /** Given, its rooms are compared with the calls, which takes twenty seconds. */
  readonly media?: RoomLists;
  readonly logger: Logger;
}

async function checkRoomsOf(
  databaseUrl: string,
  media: RoomLists,
  logger: Logger,
): Promise<InvariantReport> {
  const store = createStore({ url: databaseUrl, poolSize: 1, logger });
  try {
    return await checkRooms(store, media);
  } finally {
    await store.close();
  }
}

/**
 * Looks for everything in a database that must never be there, and writes nothing. Rejects where it cannot look:
 * Postgres or LiveKit does not answer, or not in time.
 */
export async function checkInvariants(
  databaseUrl: string,
  { media, logger, ...options }: CheckOptions,
): Promise<InvariantReport> {
  const stored = await checkDatabase(databaseUrl, options, [eventsFoldToTheCall]);
  if (media === undefined) return stored;
  const rooms = await checkRoomsOf(databaseUrl, media, logger);
  return {
    checked: [...stored.checked, ...rooms.checked],
    violations: [...stored.violations, ...rooms.violations],
  };
}
