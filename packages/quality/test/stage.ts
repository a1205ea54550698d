import {
  type CommandRequest,
  createBackgroundTasks,
  createOrigin,
  type Engine,
  type MediaServer,
  runCommand,
  startCall,
} from '@ringline/engine';
import { createMetrics, type Logger } from '@ringline/platform';
import { createQualityStore, type QualityStore } from '@ringline/quality';
import { createStore, openDatabase, type Store } from '@ringline/store';
import { createTestDatabase } from '@ringline/testing/postgres';
import { moveTime } from '@ringline/testing/time';
import { Client } from 'pg';

/** A database of its own, with calls in it. */
export interface Stage {
  store: Store;
  quality: QualityStore;
  /** The quality store of another process on the same database. */
  openAnother(): QualityStore;
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  moveTime(milliseconds: number): Promise<void>;
  /** Returns the id of a call in which both are connected. */
  connectCall(caller: string, callee: string): Promise<string>;
  endCall(callId: string, userId: string): Promise<void>;
  close(): Promise<void>;
}

function ignore() {
  return undefined;
}
const silent: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore };

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

const timings = {
  ringSeconds: 30,
  connectSeconds: 30,
  graceSeconds: 15,
  soloSeconds: 60,
  maxSeconds: 14_400,
};

function toPerson(userId: string) {
  return { userId, name: null, picture: null };
}

async function run(engine: Engine, callId: string, userId: string, command: CommandRequest) {
  const { refusal } = await runCommand(engine, callId, command, createOrigin(`user:${userId}`));
  if (refusal !== null) throw new Error(refusal.code);
}

async function connectCall(engine: Engine, caller: string, callee: string): Promise<string> {
  const started = await startCall(
    engine,
    {
      ...{ type: 'video', mode: 'direct', initiator: toPerson(caller), deviceId: null },
      ...{ participantIds: [callee], conversationId: null, metadata: {} },
      ...{ maxParticipants: 8, timings },
    },
    createOrigin(`user:${caller}`),
  );
  if (started.refusal !== null) throw new Error(started.refusal.code);
  const { id } = started.call;
  const join = { name: 'join', person: toPerson(callee), deviceId: null } as const;
  await run(engine, id, callee, { ...join, takeover: false, rejoin: false });
  for (const userId of [caller, callee]) {
    const session = { sid: `sid-${userId}`, joinedAtMs: 1 };
    await run(engine, id, userId, { name: 'media_joined', userId, session });
  }
  return id;
}

export async function createStage(): Promise<Stage> {
  const { url, drop } = await createTestDatabase();
  const open = () => openDatabase({ url, poolSize: 10, logger: silent });
  const databases = [open()] as [ReturnType<typeof open>, ...ReturnType<typeof open>[]];
  const store = createStore(databases[0]);
  const engine: Engine = {
    store,
    media: noMedia,
    publisher: { publish: async () => undefined, reachesAll: () => true },
    backgroundTasks: createBackgroundTasks(silent),
    logger: silent,
    metrics: createMetrics(),
  };
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    store,
    quality: createQualityStore(databases[0]),
    openAnother: () => {
      const other = open();
      databases.push(other);
      return createQualityStore(other);
    },
    query: async <Row>(sql: string, parameters: unknown[] = []) =>
      (await client.query(sql, parameters)).rows as Row[],
    moveTime: (milliseconds) => moveTime(url, milliseconds),
    connectCall: (caller, callee) => connectCall(engine, caller, callee),
    endCall: (callId, userId) =>
      run(engine, callId, userId, { name: 'end', person: toPerson(userId) }),
    close: async () => {
      await engine.backgroundTasks.drained();
      await Promise.all(databases.map((database) => database.close()));
      await client.end();
      await drop();
    },
  };
}
