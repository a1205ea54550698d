import type { Logger } from '@ringline/platform';
import {
  checkDatabase,
  createStore,
  type InvariantOptions,
  type InvariantReport,
  openDatabase,
} from '@ringline/store';
import { eventsFoldToTheCall } from './fold.ts';
import { checkRooms, type RoomLists } from './rooms.ts';

/** The cleanup worker looks every five seconds, and acts on some differences only when it has seen them twice. */
const ROOMS_LAG_MS = 20_000;
const LIMIT = 100;

export interface CheckOptions extends Omit<InvariantOptions, 'limit'> {
  /** So many violations of each invariant are listed, 100 unless given; all are counted. */
  readonly limit?: number;
  /** Given, its rooms are compared with the calls. */
  readonly media?: RoomLists;
  /** Rooms and calls may differ for less than this; 20,000 unless given. The check takes so much longer. */
  readonly roomsLagMs?: number;
  /** Of `DEPLOYMENT_ID`; without it, the id that the database keeps. */
  readonly deploymentId?: string | null;
  readonly logger: Logger;
}

interface StoreAccess {
  databaseUrl: string;
  deploymentId: string | null;
  logger: Logger;
}

async function checkRoomsWithStore(
  media: RoomLists,
  { databaseUrl, deploymentId, logger }: StoreAccess,
  lagMs: number,
  limit: number,
): Promise<InvariantReport> {
  const database = openDatabase({ url: databaseUrl, poolSize: 1, logger });
  const store = createStore(database, { deploymentId });
  try {
    return await checkRooms(store, media, lagMs, limit);
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
  {
    media,
    logger,
    deploymentId = null,
    roomsLagMs = ROOMS_LAG_MS,
    limit = LIMIT,
    ...options
  }: CheckOptions,
): Promise<InvariantReport> {
  const stored = await checkDatabase(databaseUrl, { ...options, limit }, [eventsFoldToTheCall]);
  if (media === undefined) return stored;
  const access = { databaseUrl, deploymentId, logger };
  const rooms = await checkRoomsWithStore(media, access, roomsLagMs, limit);
  return {
    checked: [...stored.checked, ...rooms.checked],
    violations: [...stored.violations, ...rooms.violations],
  };
}
