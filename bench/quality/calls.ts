import { createOrigin, type Engine, runCommand, startCall } from '@ringline/engine';
import { openEngine } from '../engine.ts';
import type { Party } from './workload.ts';

const timings = {
  ringSeconds: 30,
  connectSeconds: 600,
  graceSeconds: 15,
  soloSeconds: 60,
  maxSeconds: 3600,
};

/** A call that both are in, past the accept. */
async function begin(engine: Engine, caller: string, callee: string): Promise<Party[]> {
  const person = (userId: string) => ({ userId, name: null, picture: null });
  const started = await startCall(
    engine,
    {
      ...{ type: 'video', mode: 'direct', initiator: person(caller), deviceId: null },
      ...{ participantIds: [callee], conversationId: null, metadata: {} },
      ...{ maxParticipants: 8, timings },
    },
    createOrigin(`user:${caller}`),
  );
  if (started.refusal !== null) throw new Error(started.refusal.code);
  const join = { name: 'join', person: person(callee), deviceId: null } as const;
  const callId = started.call.id;
  await runCommand(
    engine,
    callId,
    { ...join, takeover: false, rejoin: false },
    createOrigin(`user:${callee}`),
  );
  return [
    { callId, userId: caller },
    { callId, userId: callee },
  ];
}

/** Begins so many calls of two, ten at a time, straight in the database. */
export async function beginCalls(databaseUrl: string, calls: number): Promise<Party[]> {
  const { engine, close } = openEngine(databaseUrl);
  const parties: Party[] = [];
  const pairs = Array.from({ length: calls }, (_, pair) => pair);
  const work = async (): Promise<void> => {
    for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
      parties.push(...(await begin(engine, `caller-${pair}`, `callee-${pair}`)));
    }
  };
  await Promise.all(Array.from({ length: 10 }, work));
  await close();
  return parties;
}
