import { createOrigin, runCommand, startCall } from '@ringline/engine';
import { copyRinging } from '@ringline/testing/ringing';
import type { Client } from 'pg';
import { openEngine } from '../engine.ts';
import type { Load } from './contender.ts';

const CALLER = 'caller';
const CALLEE = 'callee';

const timings = {
  connectSeconds: 30,
  graceSeconds: 15,
  soloSeconds: 60,
  maxSeconds: 3600,
};

/** Starts a direct call that rings on a device of the callee. */
async function ringOnce(databaseUrl: string, ringSeconds: number): Promise<string> {
  const { engine, close } = openEngine(databaseUrl);
  const person = (userId: string) => ({ userId, name: null, picture: null });
  const started = await startCall(
    engine,
    {
      ...{ type: 'video', mode: 'direct', initiator: person(CALLER), deviceId: null },
      ...{ participantIds: [CALLEE], conversationId: null, metadata: {} },
      ...{ maxParticipants: 8, timings: { ...timings, ringSeconds } },
    },
    createOrigin(`user:${CALLER}`),
  );
  if (started.refusal !== null) throw new Error(started.refusal.code);
  const rings = { name: 'acknowledge_ring', person: person(CALLEE) } as const;
  await runCommand(engine, started.call.id, rings, createOrigin(`user:${CALLEE}`));
  await close();
  return started.call.id;
}

/** Creates ringing calls whose rings expire within one second. Returns the first deadline. */
export async function ringMany(
  databaseUrl: string,
  database: Client,
  { count, inSeconds }: Load,
): Promise<Date> {
  const callId = await ringOnce(databaseUrl, inSeconds);
  await copyRinging((sql, parameters) => database.query(sql, parameters), callId, count - 1);
  await database.query('ANALYZE');
  const { rows } = await database.query('SELECT min(next_due_at) AS first FROM calls');
  return rows[0].first;
}
