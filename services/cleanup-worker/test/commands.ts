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

let userCount = 0;
/** Creates an id that no other test of the file uses, so the user is in no other call. */
export function createUserId(name: string): string {
  userCount += 1;
  return `${name}-${userCount}`;
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

/** Starts a call. */
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

async function reportJoined(
  engine: Engine,
  { id }: Call,
  userId: string,
  session: MediaSession = { sid: `PA_${userId}`, joinedAtMs: 1 },
): Promise<void> {
  const joined = { name: 'media_joined', userId, session } as const;
  await runCommand(engine, id, joined, createOrigin('livekit'));
}

/**
 * Starts a call in which all users are joined. The sessions are made up; LiveKit's room is empty.
 */
export async function startConnectedCall(
  engine: Engine,
  caller: string,
  callees: string[],
): Promise<Call> {
  const call = await ring(engine, caller, callees);
  for (const callee of callees) await accept(engine, call, callee);
  for (const userId of [caller, ...callees]) await reportJoined(engine, call, userId);
  return load(engine, call);
}

export async function load({ store }: Engine, { id }: Pick<Call, 'id'>): Promise<Call> {
  const loaded = await store.load(id);
  if (loaded === null) throw new Error('there is no such call');
  return loaded.call;
}
