import { createBackground, type EngineParts, type MediaServer } from '@ringline/engine';
import { createMetrics, type Logger } from '@ringline/platform';
import { createStore } from '@ringline/store';

function ignore() {
  return undefined;
}
const silent: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore };

/** For calls in which nobody speaks: they need no media. */
const noMedia: MediaServer = {
  openRoom: async () => undefined,
  restoreRoom: async () => undefined,
  closeRoom: async () => undefined,
  removeUser: async () => undefined,
  mute: async () => undefined,
  roomNames: async () => [],
  usersIn: async () => [],
  ping: async () => undefined,
};

/** Decides as a call service would, straight in the database, and tells nobody. */
export function openEngine(databaseUrl: string): { engine: EngineParts; close(): Promise<void> } {
  const engine: EngineParts = {
    store: createStore({ url: databaseUrl, poolSize: 10, logger: silent }),
    media: noMedia,
    publisher: { publish: async () => undefined, reachesAll: () => true },
    background: createBackground(silent),
    logger: silent,
    metrics: createMetrics(),
  };
  return {
    engine,
    close: async () => {
      await engine.background.drained();
      await engine.store.close();
    },
  };
}
