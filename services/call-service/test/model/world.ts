import {
  activeUserIds,
  type BusyUsers,
  type Call,
  type CallEvent,
  type Command,
  decide,
  getNextDueAt,
  type Instant,
  isGlare,
  NO_BUSY_USERS,
  type Start,
  start,
} from '@ringline/domain';
import type { Outcome } from '@ringline/engine';
import type { Act, Ask, OperatorEnd, Report, RoomFinished } from './acts.ts';

/** One decision that changed a call. */
export interface Commit {
  before: Call | null;
  after: Call;
  events: readonly CallEvent[];
  /** The device that acted, if it is known. */
  byDevice: { userId: string; deviceId: string } | null;
  /** The invited users of an invite that was refused since all of them are in another call. */
  refusedBusy: readonly string[];
}

interface Remembered {
  status: number;
  merged: boolean;
  callId: string;
  refusal: Outcome['refusal'];
}

/** The part of every start that comes from the service's configuration. */
export type Limits = Pick<Start, 'maxParticipants' | 'timings'>;

/**
 * The expected state of the service, decided by the pure machine alone: the model. It is a value,
 * so that several orders of the same acts can be tried.
 */
export interface World {
  limits: Limits;
  now: Instant;
  calls: ReadonlyMap<string, Call>;
  commits: readonly Commit[];
  /** The answers to requests with a key, by user and key. */
  answers: ReadonlyMap<string, Remembered>;
  /** The webhooks that were processed. */
  reports: ReadonlyMap<string, Report | RoomFinished>;
}

/** An act's outcome; null for acts without an answer. */
export type Step = readonly [World, Outcome | null];

function including<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value) {
  return new Map([...map, [key, value]]);
}

export function callIn(world: World, callId: string): Call {
  const call = world.calls.get(callId);
  if (call === undefined) throw new Error('an act on a call that the model does not have');
  return call;
}

function commit(world: World, made: Commit): World {
  return made.events.length === 0 && made.refusedBusy.length === 0
    ? world
    : {
        ...world,
        calls: including(world.calls, made.after.id, made.after),
        commits: [...world.commits, made],
      };
}

function run(
  world: World,
  callId: string,
  command: Command,
  byDevice: Commit['byDevice'],
): readonly [World, Outcome] {
  const before = callIn(world, callId);
  const { call, events, refusal } = decide(before, command, world.now);
  const refusedBusy =
    command.name === 'invite' && refusal?.code === 'USER_BUSY'
      ? command.participantIds.filter((userId) => command.busyUsers.has(userId))
      : [];
  const after = commit(world, { before, after: call, events, byDevice, refusedBusy });
  return [after, refusal ? { refusal, call } : { refusal, call, status: 200, merged: false }];
}

function expire(world: World, callId: string): World {
  return run(world, callId, { name: 'expire_deadlines' }, null)[0];
}

/** Expires all due deadlines, as workers do, in the order in which they came due. */
function expireAll(world: World): World {
  return [...world.calls.values()]
    .filter((call) => (getNextDueAt(call) ?? Number.POSITIVE_INFINITY) <= world.now)
    .reduce((settled, { id }) => expire(settled, id), world);
}

/**
 * Finds the users who are active elsewhere, after the due deadlines of their calls have expired.
 */
function findBusyUsers(
  world: World,
  userIds: readonly string[],
  exceptCallId: string | null,
): readonly [World, BusyUsers] {
  const busyUsersIn = ({ calls }: World): BusyUsers =>
    new Map(
      [...calls.values()]
        .filter(({ id }) => id !== exceptCallId)
        .flatMap((call) =>
          activeUserIds(call)
            .filter((userId) => userIds.includes(userId))
            .map((userId) => [userId, call.id] as const),
        ),
    );
  const settled = [...busyUsersIn(world).values()].reduce(expire, world);
  return [settled, busyUsersIn(settled)];
}

function byDeviceOf({ by, device }: Ask): Commit['byDevice'] {
  return device === null ? null : { userId: by.userId, deviceId: device };
}

function begin(
  world: World,
  ask: Ask,
  asked: Extract<Ask['asked'], { name: 'start' }>,
  newCallId: string,
): readonly [World, Outcome] {
  const { type, participantIds, ringTimeoutSeconds } = asked.body;
  const { maxParticipants, timings } = world.limits;
  const [current, busyUsers] = findBusyUsers(world, [ask.by.userId, ...participantIds], null);
  const command: Start = {
    name: 'start',
    callId: newCallId,
    roomName: newCallId,
    type,
    mode: asked.body.mode ?? (participantIds.length === 1 ? 'direct' : 'group'),
    initiator: ask.by,
    deviceId: ask.device,
    participantIds,
    conversationId: asked.body.conversationId ?? null,
    metadata: asked.body.metadata ?? {},
    maxParticipants,
    timings: { ...timings, ringSeconds: ringTimeoutSeconds ?? timings.ringSeconds },
    busyUsers,
    mediaRefused: false,
  };
  const existing = current.calls.get(busyUsers.get(ask.by.userId) ?? '');
  if (existing !== undefined && isGlare(existing, command)) {
    const accept = { name: 'join', person: ask.by, deviceId: ask.device } as const;
    const how = { takeover: false, rejoin: false, busyUsers: NO_BUSY_USERS };
    const [merged, outcome] = run(current, existing.id, { ...accept, ...how }, byDeviceOf(ask));
    return [merged, outcome.refusal ? outcome : { ...outcome, merged: true }];
  }
  const { call, events, refusal } = start(command, current.now);
  const after =
    call === null
      ? current
      : commit(current, {
          before: null,
          after: call,
          events,
          byDevice: byDeviceOf(ask),
          refusedBusy: [],
        });
  if (refusal !== null) return [after, { refusal, call }];
  if (call === null) throw new Error('a start without a call was not refused');
  return [after, { refusal, call, status: 201, merged: false }];
}

function onCall(
  world: World,
  ask: Ask,
  { callId, request }: Extract<Ask['asked'], { name: 'command' }>,
): readonly [World, Outcome] {
  const claimed =
    request.name === 'invite'
      ? request.participantIds
      : request.name === 'join' && request.rejoin
        ? [request.person.userId]
        : [];
  const [current, busyUsers] =
    claimed.length > 0 ? findBusyUsers(world, claimed, callId) : ([world, NO_BUSY_USERS] as const);
  return run(current, callId, { ...request, busyUsers } as Command, byDeviceOf(ask));
}

/** A repeat changes nothing: it returns the first status, and the call as it is now. */
function repeated(world: World, remembered: Remembered): Outcome {
  const { refusal, status, merged } = remembered;
  const call = callIn(world, remembered.callId);
  return refusal ? { refusal, call } : { refusal, call, status, merged };
}

function answer(world: World, ask: Ask, newCallId: string): readonly [World, Outcome] {
  const { key, by, asked } = ask;
  const place = `${by.userId} ${key}`;
  const remembered = key === null ? undefined : world.answers.get(place);
  if (remembered !== undefined) return [world, repeated(world, remembered)];
  const [after, outcome] =
    asked.name === 'start' ? begin(world, ask, asked, newCallId) : onCall(world, ask, asked);
  if (key === null || outcome.call === null) return [after, outcome];
  const { refusal, call } = outcome;
  const { status, merged } = refusal ? { status: 0, merged: false } : outcome;
  const kept = { status, merged, refusal, callId: call.id };
  return [{ ...after, answers: including(after.answers, place, kept) }, outcome];
}

function takeIn(world: World, report: Report | RoomFinished): World {
  if (world.reports.has(report.id)) return world;
  const known = { ...world, reports: including(world.reports, report.id, report) };
  return run(known, report.callId, meaningOf(report), null)[0];
}

function meaningOf(report: Report | RoomFinished): Command {
  if (report.act === 'room_finished') return { name: 'room_lost' };
  const { userId, session, replaced } = report;
  switch (report.event) {
    case 'participant_joined':
      return { name: 'media_joined', userId, session };
    case 'participant_left':
      return { name: 'media_left', userId, session, replaced };
    case 'participant_connection_aborted':
      return { name: 'expire_deadlines' };
  }
}

function endByOperator(world: World, { callId }: OperatorEnd): Step {
  return run(world, callId, { name: 'force_end' }, null);
}

/**
 * The world after an act. `newCallId` is the service's id of the new call, if the act makes one.
 */
export function after(world: World, act: Act, newCallId: string): Step {
  switch (act.act) {
    case 'ask':
      return answer(world, act, newCallId);
    case 'report':
    case 'room_finished':
      return [takeIn(world, act), null];
    case 'operator_end':
      return endByOperator(world, act);
    case 'work':
      return [expireAll(world), null];
  }
}

export function emptyWorld(limits: Limits, now: Instant): World {
  return {
    limits,
    now,
    calls: new Map(),
    commits: [],
    answers: new Map(),
    reports: new Map(),
  };
}
