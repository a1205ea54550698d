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

/** The cleanup worker compares every five seconds, and acts on some differences the second time. */
const ROOMS_LAG_MS = 20_000;
const LIMIT = 100;

export interface CheckOptions extends Omit<InvariantOptions, 'limit'> {
  /** How many violations of each invariant are listed, 100 by default. All are counted. */
  readonly limit?: number;
  /** If given, its rooms are compared with the calls. */
  readonly media?: RoomLists;
  /** How long rooms and calls may differ, 20,000 by default. The check waits that long. */
  readonly roomsLagMs?: number;
  /** `DEPLOYMENT_ID`; the id in the database by default. */
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
 * Checks all invariants without writing. Rejects if Postgres or LiveKit does not answer in time.
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
