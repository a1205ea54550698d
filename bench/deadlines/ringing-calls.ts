import { originOf, runCommand, startCall } from '@ringline/engine';
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

/** One call, as a service makes it: a direct one that rings on a device of the callee. */
const ringOnce = async (databaseUrl: string, ringSeconds: number): Promise<string> => {
  const { engine, close } = openEngine(databaseUrl);
  const person = (userId: string) => ({ userId, name: null, picture: null });
  const started = await startCall(
    engine,
    {
      ...{ type: 'video', mode: 'direct', initiator: person(CALLER), deviceId: null },
      ...{ participantIds: [CALLEE], conversationId: null, metadata: {} },
      ...{ maxParticipants: 8, timings: { ...timings, ringSeconds } },
    },
    originOf(`user:${CALLER}`),
  );
  if (started.refusal !== null) throw new Error(started.refusal.code);
  const rings = { name: 'ring_ack', person: person(CALLEE) } as const;
  await runCommand(engine, started.call.id, rings, originOf(`user:${CALLEE}`));
  await close();
  return started.call.id;
};

/** Each copy has an id, a room and users of its own, and falls due a little later than the one before. */
const COPIES: Record<string, string> = {
  calls: `jsonb_build_object('id', new_id, 'room_name', original.room_name || '-' || n,
    'initiator_id', original.initiator_id || '-' || n, 'next_due_at', original.next_due_at + later)`,
  call_participants: `jsonb_build_object('call_id', new_id, 'user_id', original.user_id || '-' || n,
    'invited_by', original.invited_by || '-' || n, 'ring_expires_at', original.ring_expires_at + later)`,
  call_invitations: `jsonb_build_object('call_id', new_id, 'user_id', original.user_id || '-' || n,
    'invited_by', original.invited_by || '-' || n, 'expires_at', original.expires_at + later)`,
  call_events: `jsonb_build_object('call_id', new_id, 'payload', replace(replace(replace(
    original.payload::text, original.call_id::text, new_id::text),
    '"${CALLER}"', '"${CALLER}-' || n || '"'), '"${CALLEE}"', '"${CALLEE}-' || n || '"')::jsonb)`,
};

/** Copies what was written of the call, instead of making ten thousand calls one by one. */
const copy = async (database: Client, callId: string, count: number): Promise<void> => {
  for (const [table, differences] of Object.entries(COPIES)) {
    await database.query(
      `INSERT INTO ${table} SELECT copy.* FROM ${table} AS original, generate_series(1, $2::int) AS n,
         LATERAL (SELECT md5($1 || n)::uuid AS new_id, n * interval '1 second' / ($2 + 1) AS later),
         LATERAL jsonb_populate_record(original, ${differences}) AS copy
       WHERE original.${table === 'calls' ? 'id' : 'call_id'} = $1::uuid`,
      [callId, count],
    );
  }
};

/** Lets so many calls ring, whose time without an answer is over within one second. Returns the first deadline. */
export const ringMany = async (
  databaseUrl: string,
  database: Client,
  { count, inSeconds }: Load,
): Promise<Date> => {
  const callId = await ringOnce(databaseUrl, inSeconds);
  await copy(database, callId, count - 1);
  await database.query('ANALYZE');
  const { rows } = await database.query('SELECT min(next_due_at) AS first FROM calls');
  return rows[0].first;
};
