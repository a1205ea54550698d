import { createBackgroundTasks, type Engine, type MediaServer } from '@ringline/engine';
import { createMetrics, type Logger } from '@ringline/platform';
import { createStore, openDatabase } from '@ringline/store';

function ignore() {
  return undefined;
}
const silent: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore };

/** For calls in which nobody speaks: they need no media. */
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

/** Decides as a call service would, straight in the database, and tells nobody. */
export function openEngine(databaseUrl: string): { engine: Engine; close(): Promise<void> } {
  const engine: Engine = {
    store: createStore(openDatabase({ url: databaseUrl, poolSize: 10, logger: silent })),
    media: noMedia,
    publisher: { publish: async () => undefined, reachesAll: () => true },
    backgroundTasks: createBackgroundTasks(silent),
    logger: silent,
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
