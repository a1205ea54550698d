import { type Call, type Person, participantOf } from '@ringline/domain';
import {
  type Attached,
  type CommandRequest,
  type IdempotencyRequest,
  type Origin,
  type Outcome,
  originOf,
  runCommand,
  type StartRequest,
  startCall,
} from '@ringline/engine';
import type { Engine } from './stage.ts';

export const person = (userId: string): Person => ({ userId, name: null, picture: null });

/** The request of a user's device, as a service would hand it on. */
export const by = (userId: string, more: Partial<Origin> = {}): Origin => ({
  ...originOf(`user:${userId}`),
  requestId: `request-of-${userId}`,
  deviceId: `${userId}-phone`,
  ...more,
});

export const startRequest = (
  caller: string,
  callees: string[],
  more: Partial<StartRequest> = {},
): StartRequest => ({
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
});

export const start = (
  { parts }: Engine,
  caller: string,
  callees: string[],
  more: Partial<StartRequest> = {},
  idempotency?: IdempotencyRequest,
): Promise<Outcome> =>
  startCall(parts, startRequest(caller, callees, more), by(caller), idempotency);

/** The call of an outcome that must not be a refusal. */
export const callOf = (outcome: Outcome): Call => {
  if (outcome.refusal !== null) throw new Error(`refused: ${outcome.refusal.code}`);
  return outcome.call;
};

/** A call that rings. */
export const ring = async (
  engine: Engine,
  caller: string,
  callees: string[],
  more: Partial<StartRequest> = {},
): Promise<Call> => callOf(await start(engine, caller, callees, more));

export const run = (
  { parts }: Engine,
  { id }: Pick<Call, 'id'>,
  command: CommandRequest,
  origin: Origin,
  attached: Attached = {},
): Promise<Outcome> => runCommand(parts, id, command, origin, attached);

/** Like `run`, for a command that must not be refused. */
export const must = async (...parameters: Parameters<typeof run>): Promise<Call> =>
  callOf(await run(...parameters));

export const accept = (
  userId: string,
  more: { deviceId?: string; takeover?: boolean; rejoin?: boolean } = {},
): CommandRequest => ({
  name: 'join',
  person: person(userId),
  deviceId: `${userId}-phone`,
  takeover: false,
  rejoin: false,
  ...more,
});

export const decline = (userId: string): CommandRequest => ({
  name: 'decline',
  person: person(userId),
  deviceId: `${userId}-phone`,
  reason: 'declined',
});

export const leave = (userId: string): CommandRequest => ({
  name: 'leave',
  person: person(userId),
});
export const end = (userId: string): CommandRequest => ({ name: 'end', person: person(userId) });
export const acknowledge = (userId: string): CommandRequest => ({
  name: 'ring_ack',
  person: person(userId),
});
export const remove = (userId: string, whom: string): CommandRequest => ({
  name: 'remove',
  person: person(userId),
  userId: whom,
});
export const invite = (userId: string, participantIds: string[]): CommandRequest => ({
  name: 'invite',
  person: person(userId),
  participantIds,
});

/** LiveKit has the user in the room, in their `nth` session. */
export const mediaJoined = (userId: string, nth = 1): CommandRequest => ({
  name: 'media_joined',
  userId,
  session: { sid: `PA_${userId}_${nth}`, joinedAtMs: nth },
});
export const mediaLeft = (userId: string, nth = 1): CommandRequest => ({
  name: 'media_left',
  userId,
  session: { sid: `PA_${userId}_${nth}`, joinedAtMs: nth },
  replaced: false,
});

/** A call in which all of them are, connected. */
export const connected = async (
  engine: Engine,
  caller: string,
  callees: string[],
  more: Partial<StartRequest> = {},
): Promise<Call> => {
  const call = await ring(engine, caller, callees, more);
  for (const callee of callees) await must(engine, call, accept(callee), by(callee));
  for (const userId of [caller, ...callees]) {
    await must(engine, call, mediaJoined(userId), originOf('livekit'));
  }
  return load(engine, call);
};

export const load = async ({ parts }: Engine, { id }: Pick<Call, 'id'>): Promise<Call> => {
  const loaded = await parts.store.load(id);
  if (loaded === null) throw new Error('there is no such call');
  return loaded.call;
};

export const stateOf = (call: Call, userId: string): string | undefined =>
  participantOf(call, userId)?.state;

let users = 0;
/** A user id that no other test of the file has: nobody is in two calls at once. */
export const someone = (name: string): string => {
  users += 1;
  return `${name}-${users}`;
};

export const keyed = (
  userId: string,
  key: string,
  fingerprint = 'body',
  status = 200,
): IdempotencyRequest => ({ userId, key, fingerprint, status });
