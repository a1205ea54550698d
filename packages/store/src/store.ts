import type { CallEvent, Stats, TimelineEntry } from '@ringline/contract';
import type { BusyUsers, Call, Instant } from '@ringline/domain';
import type { Logger } from '@ringline/platform';
import { findBusyUsers, listActiveCalls } from './busy-users.ts';
import { commit } from './commit.ts';
import type { Database } from './database.ts';
import type { Commit, CommitResult } from './decision.ts';
import { createDeploymentId } from './deployment.ts';
import { createCommitExpired, type DecideExpired, type ExpiredCommit } from './due.ts';
import {
  type BadCursor,
  type CallsQuery,
  type HistoryEntry,
  type HistoryQuery,
  listCalls,
  listHistory,
} from './history.ts';
import {
  findCallOfOpenRequest,
  findIdempotent,
  type IdempotentResult,
  type NewIdempotentResult,
  saveIdempotent,
} from './idempotency.ts';
import {
  listDisconnectedInitiators,
  listUnansweredInitiators,
  type UnansweredInitiator,
} from './initiators.ts';
import { takeLease } from './leases.ts';
import { type Loaded, load, loadMany } from './load.ts';
import { clearOutbox, countUnsent, type OutboxEntry, redeliver } from './outbox.ts';
import { type Purged, purgeExpired, type Retention } from './retention.ts';
import { listUnacknowledgedRings, type Ring, resendRings } from './rings.ts';
import {
  findCallByRoom,
  findCallsByRoom,
  isAllowedIn,
  type LiveRoom,
  listLiveRooms,
} from './rooms.ts';
import { type Counts, countCalls, getStatsOfAll, getStatsOfUser } from './stats.ts';
import { getTimeline, listEvents } from './timeline.ts';

/**
 * Everything that the call path asks of Postgres. Each of these rejects with `StoreUnavailable` where Postgres
 * cannot be reached or cannot work; any other rejection is a fault of ours. Ids of calls must be UUIDs.
 */
export interface Store {
  // Deciding on a call
  load(callId: string): Promise<Loaded | null>;
  /** In no particular order; ids that no call has are left out. */
  loadMany(callIds: readonly string[]): Promise<Loaded[]>;
  /** Which of these users have started a call that nobody has answered yet. */
  listUnansweredInitiators(userIds: readonly string[]): Promise<UnansweredInitiator[]>;
  /** Those of them whose device has no socket. */
  listDisconnectedInitiators(): Promise<UnansweredInitiator[]>;
  /** Who of them is Live in another call than this one, and in which. */
  findBusyUsers(
    userIds: readonly string[],
    exceptCallId: string | null,
  ): Promise<{ now: Instant; busyUsers: BusyUsers }>;
  commit(decided: Commit): Promise<CommitResult>;
  /** The first answer to this user's key, for 24 hours. */
  findIdempotent(userId: string, key: string): Promise<IdempotentResult | null>;
  /** The call that the last attempt of a request left that was not answered for good; null if there is none. */
  findCallOfOpenRequest(
    request: Pick<NewIdempotentResult, 'userId' | 'key' | 'fingerprint'>,
  ): Promise<string | null>;
  /**
   * Saves an answer outside of a commit; without a call, the request never begins one. Returns from when on the key is held; for a request that stays open, since it first
   * came in. Null if the key is held with an answer.
   */
  saveIdempotent(callId: string | null, answer: NewIdempotentResult): Promise<Instant | null>;

  // What time asks for
  /** Decides up to `limit` due calls at once. `decide` is pure; where it throws, the call is put off. */
  commitExpired(limit: number, decide: DecideExpired): Promise<ExpiredCommit[]>;
  /** Rings last sent so long ago that nobody has acknowledged; they count as sent again now. */
  resendRings(everyMs: number): Promise<Ring[]>;
  /** The rings that run and that no device has acknowledged since they began, so long ago. */
  listUnacknowledgedRings(forMs: number): Promise<Ring[]>;

  // Telling of what was committed
  clearOutbox(ids: readonly string[]): Promise<void>;
  /** Publishes what was left unsent for so long, outside of a transaction; if `publish` rejects, all of it stays. */
  redeliver(
    olderThanMs: number,
    limit: number,
    publish: (entries: OutboxEntry[]) => Promise<void>,
  ): Promise<number>;
  countUnsent(): Promise<number>;

  // Reading
  /** The numbered events after this `seq`, as they were sent. */
  listEvents(callId: string, after: number): Promise<CallEvent[]>;
  listHistory(
    userId: string,
    query: HistoryQuery,
  ): Promise<{ entries: HistoryEntry[]; nextCursor: string | null } | BadCursor>;
  /** The calls in which the user is Live. */
  listActiveCalls(userId: string, conversationId: string | null): Promise<Loaded[]>;
  /** All calls, newest first. */
  listCalls(query: CallsQuery): Promise<{ calls: Call[]; nextCursor: string | null } | BadCursor>;
  /** Of this user's calls, or of all (null). */
  getStats(userId: string | null): Promise<Stats>;
  countCalls(): Promise<Counts>;
  getTimeline(callId: string): Promise<TimelineEntry[]>;

  // LiveKit's rooms
  /** Which deployment this is, among those that share one LiveKit. */
  getDeploymentId(): Promise<string>;
  listLiveRooms(): Promise<LiveRoom[]>;
  /** Keyed by the room's name; rooms that are none of ours are left out. */
  findCallsByRoom(
    roomNames: readonly string[],
  ): Promise<Map<string, { callId: string; live: boolean }>>;
  findCallByRoom(roomName: string): Promise<string | null>;
  /** For the join guard: the room's call is live, and the user is in it, past the accept. */
  isAllowedIn(roomName: string, userId: string): Promise<boolean>;

  // Upkeep
  /** Whether `holder` (one process) has this work for itself for the next `seconds`. */
  takeLease(name: string, holder: string, seconds: number): Promise<boolean>;
  purgeExpired(retention: Retention): Promise<Purged>;
  ping(): Promise<void>;
  /** Waits for what is under way. Idempotent. */
  close(): Promise<void>;
}

export interface StoreOptions {
  logger: Logger;
  /** Of `DEPLOYMENT_ID`; without it, the id that the database keeps. */
  deploymentId?: string | null;
}

/** Closing it closes the database. */
export function createStore(db: Database, { logger, deploymentId = null }: StoreOptions): Store {
  return {
    load: (callId) => load(db, callId),
    loadMany: (callIds) => loadMany(db, callIds),
    listUnansweredInitiators: (userIds) => listUnansweredInitiators(db, userIds),
    listDisconnectedInitiators: () => listDisconnectedInitiators(db),
    findBusyUsers: (userIds, exceptCallId) => findBusyUsers(db, userIds, exceptCallId),
    commit: (decided) => commit(db, decided),
    findIdempotent: (userId, key) => findIdempotent(db, userId, key),
    findCallOfOpenRequest: (request) => findCallOfOpenRequest(db, request),
    saveIdempotent: (callId, answer) => saveIdempotent(db, callId, answer),
    commitExpired: createCommitExpired(db, logger),
    resendRings: (everyMs) => resendRings(db, everyMs),
    listUnacknowledgedRings: (forMs) => listUnacknowledgedRings(db, forMs),
    clearOutbox: (ids) => clearOutbox(db, ids),
    redeliver: (olderThanMs, limit, publish) => redeliver(db, olderThanMs, limit, publish),
    countUnsent: () => countUnsent(db),
    listEvents: (callId, after) => listEvents(db, callId, after),
    listHistory: (userId, query) => listHistory(db, userId, query),
    listActiveCalls: (userId, conversationId) => listActiveCalls(db, userId, conversationId),
    listCalls: (query) => listCalls(db, query),
    getStats: (userId) => (userId === null ? getStatsOfAll(db) : getStatsOfUser(db, userId)),
    countCalls: () => countCalls(db),
    getTimeline: (callId) => getTimeline(db, callId),
    getDeploymentId: createDeploymentId(db, deploymentId),
    listLiveRooms: () => listLiveRooms(db),
    findCallsByRoom: (roomNames) => findCallsByRoom(db, roomNames),
    findCallByRoom: (roomName) => findCallByRoom(db, roomName),
    isAllowedIn: (roomName, userId) => isAllowedIn(db, roomName, userId),
    takeLease: (name, holder, seconds) => takeLease(db, name, holder, seconds),
    purgeExpired: (retention) => purgeExpired(db, retention),
    ping: async () => {
      await db.rows('SELECT');
    },
    close: () => db.close(),
  };
}
