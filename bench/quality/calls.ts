import {
  createBackground,
  type EngineParts,
  type MediaServer,
  originOf,
  runCommand,
  startCall,
} from '@ringline/engine';
import { createMetrics, type Logger } from '@ringline/platform';
import { createStore } from '@ringline/store';
import type { Party } from './workload.ts';

const ignore = (): void => undefined;
const silent: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore };

/** Nobody speaks in these calls, so that they need no media. */
const noMedia: MediaServer = {
  openRoom: async () => undefined,
  closeRoom: async () => undefined,
  removeUser: async () => undefined,
  mute: async () => undefined,
  roomNames: async () => [],
  usersIn: async () => [],
  ping: async () => undefined,
};

const timings = {
  ringSeconds: 30,
  connectSeconds: 600,
  graceSeconds: 15,
  soloSeconds: 60,
  maxSeconds: 3600,
};

/** A call that both are in, past the accept. */
const begin = async (engine: EngineParts, caller: string, callee: string): Promise<Party[]> => {
  const person = (userId: string) => ({ userId, name: null, picture: null });
  const started = await startCall(
    engine,
    {
      ...{ type: 'video', mode: 'direct', initiator: person(caller), deviceId: null },
      ...{ participantIds: [callee], conversationId: null, metadata: {} },
      ...{ maxParticipants: 8, timings },
    },
    originOf(`user:${caller}`),
  );
  if (started.refusal !== null) throw new Error(started.refusal.code);
  const join = { name: 'join', person: person(callee), deviceId: null } as const;
  const callId = started.call.id;
  await runCommand(
    engine,
    callId,
    { ...join, takeover: false, rejoin: false },
    originOf(`user:${callee}`),
  );
  return [
    { callId, userId: caller },
    { callId, userId: callee },
  ];
};

/** Begins so many calls of two, ten at a time, straight in the database. */
export const beginCalls = async (databaseUrl: string, calls: number): Promise<Party[]> => {
  const engine: EngineParts = {
    store: createStore({ url: databaseUrl, poolSize: 10, logger: silent }),
    media: noMedia,
    publisher: { publish: ignore, reachesAll: () => true },
    background: createBackground(silent),
    logger: silent,
    metrics: createMetrics(),
  };
  const parties: Party[] = [];
  const pairs = Array.from({ length: calls }, (_, pair) => pair);
  const work = async (): Promise<void> => {
    for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
      parties.push(...(await begin(engine, `caller-${pair}`, `callee-${pair}`)));
    }
  };
  await Promise.all(Array.from({ length: 10 }, work));
  await engine.background.drained();
  await engine.store.close();
  return parties;
};
