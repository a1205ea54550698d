import { createBackgroundTasks } from '@ringline/engine';
import { createLogger } from '@ringline/platform';
import type { QualityStore } from '@ringline/quality';
import { type Store, StoreUnavailable } from '@ringline/store';
import { until } from '@ringline/testing/until';
import type { RinglineSocket } from '#src/sockets/io.ts';
import { createSyncQueue } from '#src/sockets/sync-queue.ts';

const SOCKETS = 1000;
const AT_ONCE = 4;
const SHORTEST_PAUSE_MS = 500;

function createSocket(userId: string) {
  const sent: string[] = [];
  const socket = {
    connected: true,
    data: { person: { userId } },
    emit: (name: string) => sent.push(name),
  };
  return { socket: socket as unknown as RinglineSocket, sent };
}

/** Users without calls have no streams. */
const neverAsked = {} as QualityStore;

/** A Postgres that is away until the test brings it back. */
function createDatabase() {
  const database = { isAway: true, tries: 0, running: 0, most: 0 };
  const listActiveCalls = async () => {
    database.tries += 1;
    database.running += 1;
    database.most = Math.max(database.most, database.running);
    await new Promise(setImmediate);
    database.running -= 1;
    if (database.isAway) throw new StoreUnavailable('away');
    return [];
  };
  return { database, store: { listActiveCalls } as unknown as Store };
}

test('a thousand sockets that connect while Postgres is away try a few times a second, and are all synced afterwards', async () => {
  const logger = createLogger({ service: 'call-service', level: 'error', production: true });
  const background = createBackgroundTasks(logger);
  const { database, store } = createDatabase();
  const queue = createSyncQueue({ store, quality: neverAsked }, background, logger);
  const sockets = Array.from({ length: SOCKETS }, (_, index) => createSocket(`user-${index}`));
  const removed = createSocket('removed');
  const begun = performance.now();
  for (const { socket } of [...sockets, removed]) queue.add(socket);

  await until('each worker has tried twice', () => database.tries >= 2 * AT_ONCE);
  expect(performance.now() - begun).toBeGreaterThan(SHORTEST_PAUSE_MS - 10);
  expect(database.tries).toBeLessThan(4 * AT_ONCE);
  queue.remove(removed.socket);

  database.isAway = false;
  await background.drained();
  expect(sockets.filter(({ sent }) => sent.join() === 'call:sync')).toHaveLength(SOCKETS);
  expect(removed.sent).toEqual([]);
  expect(database.most).toBe(AT_ONCE);
});
