import { afterAll, beforeAll } from '@jest/globals';
import {
  type ConnectionIssuer,
  createBackgroundTasks,
  createConnectionIssuer,
  createLiveKit,
  type Engine,
} from '@ringline/engine';
import { createMetrics, type LogFields, type LogLevel } from '@ringline/platform';
import { createStore, type OutboxMessage, openDatabase } from '@ringline/store';
import { type LiveKitServer, startLiveKit } from '@ringline/testing/livekit';
import { createTestDatabase } from '@ringline/testing/postgres';
import { startRedis } from '@ringline/testing/redis';
import { moveTime } from '@ringline/testing/time';
import { Pool } from 'pg';

export interface LogLine {
  level: LogLevel;
  message: string;
  fields: LogFields;
}

/** The engine of one process. Its publisher records the messages instead of sending them. */
export interface TestEngine {
  parts: Engine;
  sent: OutboxMessage[];
  lines: LogLine[];
  connectionFor: ConnectionIssuer;
}

/** Real Postgres, Redis and LiveKit of one test file, with any number of engines on them. */
export interface Stage {
  databaseUrl: string;
  livekit: LiveKitServer;
  engine(more?: Partial<Engine>): TestEngine;
  pass(milliseconds: number): Promise<void>;
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  clear(): Promise<void>;
}

function recordingLogger(lines: LogLine[]) {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

async function setStage(): Promise<Stage> {
  const [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
  const livekit = await startLiveKit({ redisUrl: redis.url });
  const pool = new Pool({ connectionString: database.url, max: 2 });
  const engines: TestEngine[] = [];

  const engine = (more: Partial<Engine> = {}): TestEngine => {
    const sent: OutboxMessage[] = [];
    const lines: LogLine[] = [];
    const logger = recordingLogger(lines);
    const metrics = createMetrics();
    const parts: Engine = {
      store: createStore(openDatabase({ url: database.url, poolSize: 10, logger })),
      media: createLiveKit(livekit, metrics),
      publisher: {
        publish: async (messages) => {
          sent.push(...messages);
        },
        reachesAll: () => true,
      },
      backgroundTasks: createBackgroundTasks(logger),
      logger,
      metrics,
      ...more,
    };
    const connectionFor = createConnectionIssuer({
      livekit: { ...livekit, tokenTtlSeconds: 600 },
      turn: { stunUrls: [], turnUrls: [], secret: null },
      maxCallSeconds: 14_400,
    });
    const created = { parts, sent, lines, connectionFor };
    engines.push(created);
    return created;
  };

  return {
    databaseUrl: database.url,
    livekit,
    engine,
    pass: (milliseconds) => moveTime(database.url, milliseconds),
    query: async <Row>(sql: string, parameters: unknown[] = []) =>
      (await pool.query(sql, parameters)).rows as Row[],
    clear: async () => {
      for (const { parts } of engines) {
        await parts.backgroundTasks.drained();
        await parts.store.close();
      }
      await pool.end();
      await livekit.stop();
      await redis.stop();
      await database.drop();
    },
  };
}

/** The stage of a test file, with two engines that stand for two replicas. */
export interface TestStage {
  stage: Stage;
  engine: TestEngine;
  otherEngine: TestEngine;
}

/** Reads from the engine only when it is used, since it does not exist before the tests run. */
function deferEngine(load: () => TestEngine): TestEngine {
  return {
    get parts() {
      return load().parts;
    },
    get sent() {
      return load().sent;
    },
    get lines() {
      return load().lines;
    },
    get connectionFor() {
      return load().connectionFor;
    },
  };
}

function deferStage(load: () => Stage): Stage {
  return {
    get databaseUrl() {
      return load().databaseUrl;
    },
    get livekit() {
      return load().livekit;
    },
    engine: (more) => load().engine(more),
    pass: (milliseconds) => load().pass(milliseconds),
    query: (sql, parameters) => load().query(sql, parameters),
    clear: () => load().clear(),
  };
}

/**
 * Sets the stage before the tests and clears it afterwards. The result can be used in tests and in
 * later hooks. Register an `afterAll` that needs the stage before this one.
 */
export function useStage(): TestStage {
  let current: TestStage | null = null;
  const load = (): TestStage => {
    if (current === null) throw new Error('the stage is only there while tests run');
    return current;
  };
  beforeAll(async () => {
    const stage = await setStage();
    current = { stage, engine: stage.engine(), otherEngine: stage.engine() };
  });
  afterAll(() => current?.stage.clear());
  return {
    stage: deferStage(() => load().stage),
    engine: deferEngine(() => load().engine),
    otherEngine: deferEngine(() => load().otherEngine),
  };
}

/** An engine that cannot reach LiveKit. */
export function withoutLiveKit(stage: Stage): TestEngine {
  const media = createLiveKit({ ...stage.livekit, url: 'http://127.0.0.1:9' }, createMetrics());
  return stage.engine({ media });
}
