import type { Call, MediaSession, Person } from '@ringline/domain';
import {
  type CommandRequest,
  createOrigin,
  type Engine,
  runCommand,
  startCall,
} from '@ringline/engine';

const TIMINGS = {
  ringSeconds: 30,
  connectSeconds: 30,
  graceSeconds: 15,
  soloSeconds: 60,
  maxSeconds: 14_400,
};

let users = 0;
/** A user id that no other test of the file has: nobody is in two calls at once. */
export function someone(name: string): string {
  users += 1;
  return `${name}-${users}`;
}

function person(userId: string): Person {
  return { userId, name: null, picture: null };
}
function originBy(userId: string) {
  return {
    ...createOrigin(`user:${userId}`),
    deviceId: `${userId}-phone`,
  };
}

/** A call that rings. */
export async function ring(engine: Engine, caller: string, callees: string[]): Promise<Call> {
  const outcome = await startCall(
    engine,
    {
      type: 'video',
      mode: callees.length === 1 ? 'direct' : 'group',
      initiator: person(caller),
      deviceId: `${caller}-phone`,
      participantIds: callees,
      conversationId: null,
      metadata: {},
      maxParticipants: 8,
      timings: TIMINGS,
    },
    originBy(caller),
  );
  if (outcome.refusal !== null) throw new Error(`refused: ${outcome.refusal.code}`);
  return outcome.call;
}

export async function run(
  engine: Engine,
  { id }: Call,
  userId: string,
  command: CommandRequest,
): Promise<Call> {
  const outcome = await runCommand(engine, id, command, originBy(userId));
  if (outcome.refusal !== null) throw new Error(`refused: ${outcome.refusal.code}`);
  return outcome.call;
}

export function accept(engine: Engine, call: Call, userId: string, rejoin = false) {
  return run(engine, call, userId, {
    name: 'join',
    person: person(userId),
    deviceId: `${userId}-phone`,
    takeover: false,
    rejoin,
  });
}

export function acknowledge(engine: Engine, call: Call, userId: string) {
  return run(engine, call, userId, { name: 'acknowledge_ring', person: person(userId) });
}

export function leave(engine: Engine, call: Call, userId: string) {
  return run(engine, call, userId, { name: 'leave', person: person(userId) });
}

export function end(engine: Engine, call: Call, userId: string) {
  return run(engine, call, userId, { name: 'end', person: person(userId) });
}

export function remove(engine: Engine, call: Call, by: string, userId: string) {
  return run(engine, call, by, { name: 'remove', person: person(by), userId });
}

async function report(
  engine: Engine,
  { id }: Call,
  userId: string,
  session: MediaSession = { sid: `PA_${userId}`, joinedAtMs: 1 },
): Promise<void> {
  const joined = { name: 'media_joined', userId, session } as const;
  await runCommand(engine, id, joined, createOrigin('livekit'));
}

/** A call in which all of them are. LiveKit's reports are made up: nobody is in its room. */
export async function connected(engine: Engine, caller: string, callees: string[]): Promise<Call> {
  const call = await ring(engine, caller, callees);
  for (const callee of callees) await accept(engine, call, callee);
  for (const userId of [caller, ...callees]) await report(engine, call, userId);
  return load(engine, call);
}

export async function load({ store }: Engine, { id }: Pick<Call, 'id'>): Promise<Call> {
  const loaded = await store.load(id);
  if (loaded === null) throw new Error('there is no such call');
  return loaded.call;
}
