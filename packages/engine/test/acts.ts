import { type Call, findParticipant, type Person } from '@ringline/domain';
import {
  type Attached,
  type CommandRequest,
  createOrigin,
  expireDueCalls,
  type IdempotencyRequest,
  type Origin,
  type Outcome,
  runCommand,
  type StartRequest,
  startCall,
} from '@ringline/engine';
import type { OutboxMessage } from '@ringline/store';
import type { Stage, TestEngine } from './stage.ts';

export function person(userId: string): Person {
  return { userId, name: null, picture: null };
}

/** The origin of a request from a user's device. */
export function by(userId: string, more: Partial<Origin> = {}): Origin {
  return {
    ...createOrigin(`user:${userId}`),
    requestId: `request-of-${userId}`,
    deviceId: `${userId}-phone`,
    ...more,
  };
}

export function startRequest(
  caller: string,
  callees: string[],
  more: Partial<StartRequest> = {},
): StartRequest {
  return {
    type: 'video',
    mode: callees.length === 1 ? 'direct' : 'group',
    initiator: person(caller),
    deviceId: `${caller}-phone`,
    participantIds: callees,
    conversationId: null,
    metadata: {},
    maxParticipants: 8,
    timings: {
      ringSeconds: 30,
      connectSeconds: 30,
      graceSeconds: 15,
      soloSeconds: 60,
      maxSeconds: 14_400,
    },
    ...more,
  };
}

export function start(
  { parts }: TestEngine,
  caller: string,
  callees: string[],
  more: Partial<StartRequest> = {},
  idempotency?: IdempotencyRequest,
): Promise<Outcome> {
  return startCall(parts, startRequest(caller, callees, more), by(caller), idempotency);
}

/** The call of an outcome. Throws if it is a refusal. */
export function callOf(outcome: Outcome): Call {
  if (outcome.refusal !== null) throw new Error(`refused: ${outcome.refusal.code}`);
  return outcome.call;
}

/** A call that rings. */
export async function ring(
  engine: TestEngine,
  caller: string,
  callees: string[],
  more: Partial<StartRequest> = {},
): Promise<Call> {
  return callOf(await start(engine, caller, callees, more));
}

export function run(
  { parts }: TestEngine,
  { id }: Pick<Call, 'id'>,
  command: CommandRequest,
  origin: Origin,
  attached: Attached = {},
): Promise<Outcome> {
  return runCommand(parts, id, command, origin, attached);
}

/** Runs a command that must not be refused. */
export async function must(...parameters: Parameters<typeof run>): Promise<Call> {
  return callOf(await run(...parameters));
}

export function accept(
  userId: string,
  more: { deviceId?: string; takeover?: boolean; rejoin?: boolean } = {},
): CommandRequest {
  return {
    name: 'join',
    person: person(userId),
    deviceId: `${userId}-phone`,
    takeover: false,
    rejoin: false,
    ...more,
  };
}

export function decline(userId: string): CommandRequest {
  return {
    name: 'decline',
    person: person(userId),
    deviceId: `${userId}-phone`,
    reason: 'declined',
  };
}

export function leave(userId: string): CommandRequest {
  return {
    name: 'leave',
    person: person(userId),
  };
}
export function end(userId: string): CommandRequest {
  return { name: 'end', person: person(userId) };
}
export function acknowledge(userId: string): CommandRequest {
  return {
    name: 'acknowledge_ring',
    person: person(userId),
  };
}
export function remove(userId: string, whom: string): CommandRequest {
  return {
    name: 'remove',
    person: person(userId),
    userId: whom,
  };
}
export function invite(userId: string, participantIds: string[]): CommandRequest {
  return {
    name: 'invite',
    person: person(userId),
    participantIds,
  };
}

/** LiveKit has the user in the room, in their `nth` session. */
export function mediaJoined(userId: string, nth = 1): CommandRequest {
  return {
    name: 'media_joined',
    userId,
    session: { sid: `PA_${userId}_${nth}`, joinedAtMs: nth },
  };
}
export function mediaLeft(userId: string, nth = 1): CommandRequest {
  return {
    name: 'media_left',
    userId,
    session: { sid: `PA_${userId}_${nth}`, joinedAtMs: nth },
    replaced: false,
  };
}

/** A connected call with all of them. */
export async function connected(
  engine: TestEngine,
  caller: string,
  callees: string[],
  more: Partial<StartRequest> = {},
): Promise<Call> {
  const call = await ring(engine, caller, callees, more);
  for (const callee of callees) await must(engine, call, accept(callee), by(callee));
  for (const userId of [caller, ...callees]) {
    await must(engine, call, mediaJoined(userId), createOrigin('livekit'));
  }
  return load(engine, call);
}

export async function load({ parts }: TestEngine, { id }: Pick<Call, 'id'>): Promise<Call> {
  const loaded = await parts.store.load(id);
  if (loaded === null) throw new Error('there is no such call');
  return loaded.call;
}

export function stateOf(call: Call, userId: string): string | undefined {
  return findParticipant(call, userId)?.state;
}

let users = 0;
/** A user id that no other test of the file uses, so that the user is in no other call. */
export function someone(name: string): string {
  users += 1;
  return `${name}-${users}`;
}

/** User ids for one test: Ann, Bob, Cid, Dora and Eve. */
export function people() {
  const [ann, bob, cid, dora, eve] = ['ann', 'bob', 'cid', 'dora', 'eve'].map(someone);
  return [ann, bob, cid, dora, eve] as [string, string, string, string, string];
}

/** Expires all deadlines that are due. Returns how many calls changed. */
export async function expireAll({ parts }: TestEngine, limit = 20): Promise<number> {
  let expired = 0;
  for (;;) {
    const batch = await expireDueCalls(parts, limit);
    if (batch === 0) return expired;
    expired += batch;
  }
}

/** Moves the time forward and expires the deadlines that are due. */
export async function expireAfter(stage: Stage, engine: TestEngine, milliseconds: number) {
  await stage.pass(milliseconds);
  await expireAll(engine);
}

/** The users whom LiveKit has in the room of a call, sorted. */
export async function usersInRoom({ parts }: TestEngine, { roomName }: Call): Promise<string[]> {
  return (await parts.media.listParticipants(roomName)).map(({ userId }) => userId).sort();
}

/** The messages that an engine publishes from now on. */
export function recordSent(engine: TestEngine) {
  const from = engine.sent.length;
  const sent = (): OutboxMessage[] => engine.sent.slice(from);
  const sentTo = (userId: string): OutboxMessage[] =>
    sent().filter(({ to }) => to.includes(userId));
  return {
    sent,
    eventsTo: (userId: string): string[] => sentTo(userId).map(({ event }) => event),
    ringStopsTo: (userId: string): OutboxMessage[] =>
      sentTo(userId).filter(({ event }) => event === 'call:ringing_stopped'),
  };
}

export function keyed(
  userId: string,
  key: string,
  fingerprint = 'body',
  status = 200,
): IdempotencyRequest {
  return { userId, key, fingerprint, status };
}
