import { createBackgroundTasks, type Engine, type MediaServer } from '@ringline/engine';
import { createMetrics } from '@ringline/platform';
import { createStore, openDatabase } from '@ringline/store';
import { silentLogger } from '@ringline/testing/silent-logger';

/** Does nothing: these calls have no media. */
const noMedia: MediaServer = {
  createRoom: async () => undefined,
  restoreRoom: async () => undefined,
  deleteRoom: async () => undefined,
  removeParticipant: async () => undefined,
  mute: async () => undefined,
  listRooms: async () => [],
  listParticipants: async () => [],
  ping: async () => undefined,
};

/** Decides as a call service does, directly on the database, and publishes nothing. */
export function openEngine(databaseUrl: string): { engine: Engine; close(): Promise<void> } {
  const engine: Engine = {
    store: createStore(openDatabase({ url: databaseUrl, poolSize: 10, logger: silentLogger })),
    media: noMedia,
    publisher: { publish: async () => undefined, reachesAll: () => true },
    backgroundTasks: createBackgroundTasks(silentLogger),
    logger: silentLogger,
    metrics: createMetrics(),
  };
  return {
    engine,
    close: async () => {
      await engine.backgroundTasks.drained();
      await engine.store.close();
    },
  };
}
