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

/** One process's engine. Its publisher keeps what it was given, so that a test sees who would be told what. */
export interface TestEngine {
  parts: Engine;
  sent: OutboxMessage[];
  lines: LogLine[];
  connectionFor: ConnectionIssuer;
}

/** Postgres, Redis and LiveKit, all real and a test file's own, and any number of engines on them. */
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

export async function setStage(): Promise<Stage> {
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
    const made = { parts, sent, lines, connectionFor };
    engines.push(made);
    return made;
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
