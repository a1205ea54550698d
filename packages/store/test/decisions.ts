import { randomUUID } from 'node:crypto';
import type { CallEvent as WireEvent } from '@ringline/contract';
import {
  type Call,
  type CallEvent,
  type Command,
  decide,
  getDurationSeconds,
  type Instant,
  invitationChanges,
  isNumbered,
  type Person,
  type Start,
  start,
  type Timings,
} from '@ringline/domain';
import type { Commit, CommitResult, Loaded, Store } from '@ringline/store';

/** Overrides parts of an ordinary commit. */
export type CommitOverrides = Partial<Omit<Commit, 'call'>>;

export function person(userId: string): Person {
  return { userId, name: null, picture: null };
}

export const TIMINGS: Timings = {
  ringSeconds: 30,
  connectSeconds: 30,
  graceSeconds: 15,
  soloSeconds: 60,
  maxSeconds: 14_400,
};

export function startOf(initiator: string, invitees: string[], more: Partial<Start> = {}): Start {
  return {
    name: 'start',
    callId: randomUUID(),
    roomName: `room-${randomUUID()}`,
    type: 'video',
    mode: invitees.length === 1 ? 'direct' : 'group',
    initiator: person(initiator),
    deviceId: `${initiator}-tab`,
    participantIds: invitees,
    conversationId: null,
    metadata: {},
    maxParticipants: 8,
    timings: TIMINGS,
    busyUsers: new Map(),
    mediaRefused: false,
    ...more,
  };
}

/** A simplified form of the events that the engine sends. */
function wireEvents(callId: string, events: CallEvent[]): WireEvent[] {
  return events.filter(isNumbered).map(({ name, at, ...rest }) => {
    const event = {
      ...rest,
      event: name,
      callId,
      at: new Date(at).toISOString(),
      ...(name === 'call:ended' &&
        'call' in rest && { durationSeconds: getDurationSeconds(rest.call) }),
    };
    return event as unknown as WireEvent;
  });
}

/** The commit of a decision on `before`, which is null for a new call. */
export function commitOf(
  before: Loaded | null,
  { call, events }: { call: Call; events: CallEvent[] },
  more: CommitOverrides = {},
): Commit {
  const wire = wireEvents(call.id, events);
  return {
    expectedVersion: before?.version ?? null,
    call,
    events: wire,
    invitations: invitationChanges(before?.call ?? null, events),
    outbox: wire.map((payload) => ({
      event: payload.event,
      payload,
      to: call.participants.map(({ userId }) => userId),
    })),
    actor: 'user:ann',
    requestId: null,
    idempotency: null,
    webhook: null,
    ...more,
  };
}

export function startCommit(command: Start, now: Instant, more: CommitOverrides = {}): Commit {
  const { call, events } = start(command, now);
  if (call === null) throw new Error('the start was refused');
  return commitOf(null, { call, events }, more);
}

export function decidedCommit(
  loaded: Loaded,
  command: Command,
  more: CommitOverrides = {},
): Commit {
  return commitOf(loaded, decide(loaded.call, command, loaded.now), more);
}

/** The commit with which the cleanup worker applies expired deadlines. */
export function expireDeadlines(loaded: Loaded): Commit {
  return decidedCommit(loaded, { name: 'expire_deadlines' }, { actor: 'deadline' });
}

function assertCommitted(result: CommitResult): void {
  if (result.outcome !== 'committed') throw new Error(`not committed: ${result.outcome}`);
}

/** Starts a call as a user would, and returns its id. */
export async function startCall(
  store: Store,
  initiator: string,
  invitees: string[],
  more: Partial<Start> = {},
): Promise<string> {
  const { now, busyUsers } = await store.findBusyUsers([initiator, ...invitees], null);
  const command = startOf(initiator, invitees, { busyUsers, ...more });
  assertCommitted(await store.commit(startCommit(command, now)));
  return command.callId;
}

export async function loadCall(store: Store, callId: string): Promise<Loaded> {
  const loaded = await store.load(callId);
  if (loaded === null) throw new Error('there is no such call');
  return loaded;
}

/** Runs a command on a call and returns the changed call. */
export async function command(
  store: Store,
  callId: string,
  given: Command,
  more: CommitOverrides = {},
): Promise<Call> {
  const commit = decidedCommit(await loadCall(store, callId), given, more);
  assertCommitted(await store.commit(commit));
  return commit.call;
}

export function accept(userId: string): Command {
  return {
    name: 'join',
    person: person(userId),
    deviceId: `${userId}-tab`,
    takeover: false,
    rejoin: false,
    busyUsers: new Map(),
  };
}

export function mediaJoined(userId: string, joinedAtMs = 1): Command {
  return {
    name: 'media_joined',
    userId,
    session: { sid: `sid-${userId}-${joinedAtMs}`, joinedAtMs },
  };
}

/** Starts a call, accepts it and connects both users. Returns its id. */
export async function connectedCall(store: Store, caller: string, callee: string) {
  const callId = await startCall(store, caller, [callee]);
  await command(store, callId, accept(callee));
  await command(store, callId, mediaJoined(caller));
  await command(store, callId, mediaJoined(callee));
  return callId;
}

/** Locks, decides and commits up to `limit` expired calls, as a worker does. */
export async function commitExpired(
  store: Store,
  limit: number,
  decideOne: (loaded: Loaded) => Commit | null = expireDeadlines,
): Promise<{ commit: Commit; outboxId: string | null }[]> {
  return store.inExpiryBatches(
    limit,
    async (limit, timeoutMs) => {
      const expired = await store.lockExpired(limit, timeoutMs);
      try {
        const commits = expired.calls.map(decideOne).filter((commit) => commit !== null);
        const outboxIds = await expired.commit(commits);
        return commits.map((commit, index) => ({ commit, outboxId: outboxIds[index] ?? null }));
      } finally {
        await expired.release();
      }
    },
    (done) => done.length,
  );
}
