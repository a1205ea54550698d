import type { CallEvent, Stats, TimelineEntry } from '@ringline/contract';
import type { Call, Claims, Instant } from '@ringline/domain';
import { activeOf, look } from './claims.ts';
import { commit } from './commit.ts';
import { type DatabaseOptions, openDatabase } from './database.ts';
import type { Commit, CommitResult } from './decision.ts';
import { createDeploymentId } from './deployment.ts';
import { createCommitDue, type DecideDue, type DueCommit } from './due.ts';
import {
  type BadCursor,
  type CallsQuery,
  type HistoryEntry,
  type HistoryQuery,
  history,
  listCalls,
} from './history.ts';
import {
  callOfOpenRequest,
  type IdempotentAnswer,
  type Recalled,
  recall,
  rememberAnswer,
} from './idempotency.ts';
import {
  disconnectedInitiators,
  type UnansweredInitiator,
  unansweredInitiators,
} from './initiators.ts';
import { takeLease } from './leases.ts';
import { type Loaded, load, loadMany } from './load.ts';
import { clearOutbox, type OutboxEntry, outboxUnsent, redeliver } from './outbox.ts';
import { createQualityStore, type QualityStore } from './quality/store.ts';
import { type Forgotten, forget, type Retention } from './retention.ts';
import { type Ring, repeatRings, unacknowledgedRings } from './rings.ts';
import { callIdOfRoom, callsByRoom, isAllowedIn, type LiveRoom, liveRooms } from './rooms.ts';
import { type Counts, counts, statsOfAll, statsOfUser } from './stats.ts';
import { events, timeline } from './timeline.ts';

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
  unansweredInitiators(userIds: readonly string[]): Promise<UnansweredInitiator[]>;
  /** Those of them whose device has no socket. */
  disconnectedInitiators(): Promise<UnansweredInitiator[]>;
  /** Who of them is Live in another call than this one, and in which. */
  look(
    userIds: readonly string[],
    exceptCallId: string | null,
  ): Promise<{ now: Instant; claims: Claims }>;
  commit(decided: Commit): Promise<CommitResult>;
  /** The first answer to this user's key, for 24 hours. */
  recall(userId: string, key: string): Promise<Recalled | null>;
  /** The call that the last attempt of a request left that was not answered for good; null if there is none. */
  callOfOpenRequest(
    request: Pick<IdempotentAnswer, 'userId' | 'key' | 'fingerprint'>,
  ): Promise<string | null>;
  /**
   * Saves an answer outside of a commit; without a call, the request never begins one. Returns from when on the key is held; for a request that stays open, since it first
   * came in. Null if the key is held with an answer.
   */
  saveIdempotent(callId: string | null, answer: IdempotentAnswer): Promise<Instant | null>;

  // What time asks for
  /** Decides up to `limit` due calls at once. `decide` is pure; where it throws, the call is put off. */
  commitDue(limit: number, decide: DecideDue): Promise<DueCommit[]>;
  /** Rings last sent so long ago that nobody has acknowledged; they count as sent again now. */
  repeatRings(everyMs: number): Promise<Ring[]>;
  /** The rings that run and that no device has acknowledged since they began, so long ago. */
  unacknowledgedRings(forMs: number): Promise<Ring[]>;

  // Telling of what was committed
  clearOutbox(ids: readonly string[]): Promise<void>;
  /** Publishes what was left unsent for so long, outside of a transaction; if `publish` rejects, all of it stays. */
  redeliver(
    olderThanMs: number,
    limit: number,
    publish: (entries: OutboxEntry[]) => Promise<void>,
  ): Promise<number>;
  outboxUnsent(): Promise<number>;

  // Reading
  /** The numbered events after this `seq`, as they were sent. */
  events(callId: string, after: number): Promise<CallEvent[]>;
  history(
    userId: string,
    query: HistoryQuery,
  ): Promise<{ entries: HistoryEntry[]; nextCursor: string | null } | BadCursor>;
  /** The calls in which the user is Live. */
  activeOf(userId: string, conversationId: string | null): Promise<Loaded[]>;
  /** All calls, newest first. */
  calls(query: CallsQuery): Promise<{ calls: Call[]; nextCursor: string | null } | BadCursor>;
  /** Of this user's calls, or of all (null). */
  stats(userId: string | null): Promise<Stats>;
  counts(): Promise<Counts>;
  timeline(callId: string): Promise<TimelineEntry[]>;

  // LiveKit's rooms
  /** Which deployment this is, among those that share one LiveKit. */
  deploymentId(): Promise<string>;
  liveRooms(): Promise<LiveRoom[]>;
  /** Keyed by the room's name; rooms that are none of ours are left out. */
  callsByRoom(
    roomNames: readonly string[],
  ): Promise<Map<string, { callId: string; live: boolean }>>;
  callIdOfRoom(roomName: string): Promise<string | null>;
  /** For the join guard: the room's call is live, and the user is in it, past the accept. */
  isAllowedIn(roomName: string, userId: string): Promise<boolean>;

  // Quality
  readonly quality: QualityStore;

  // Upkeep
  /** Whether `holder` (one process) has this work for itself for the next `seconds`. */
  takeLease(name: string, holder: string, seconds: number): Promise<boolean>;
  forget(retention: Retention): Promise<Forgotten>;
  ping(): Promise<void>;
  /** Waits for what is under way. Idempotent. */
  close(): Promise<void>;
}

export interface StoreOptions extends DatabaseOptions {
  /** Of `DEPLOYMENT_ID`; without it, the id that the database keeps. */
  deploymentId?: string | null;
}

/** Connects when first asked something. */
export function createStore({ deploymentId = null, ...options }: StoreOptions): Store {
  const { logger } = options;
  const db = openDatabase(options);
  return {
    load: (callId) => load(db, callId),
    loadMany: (callIds) => loadMany(db, callIds),
    unansweredInitiators: (userIds) => unansweredInitiators(db, userIds),
    disconnectedInitiators: () => disconnectedInitiators(db),
    look: (userIds, exceptCallId) => look(db, userIds, exceptCallId),
    commit: (decided) => commit(db, decided),
    recall: (userId, key) => recall(db, userId, key),
    callOfOpenRequest: (request) => callOfOpenRequest(db, request),
    saveIdempotent: (callId, answer) => rememberAnswer(db, callId, answer),
    commitDue: createCommitDue(db, logger),
    repeatRings: (everyMs) => repeatRings(db, everyMs),
    unacknowledgedRings: (forMs) => unacknowledgedRings(db, forMs),
    clearOutbox: (ids) => clearOutbox(db, ids),
    redeliver: (olderThanMs, limit, publish) => redeliver(db, olderThanMs, limit, publish),
    outboxUnsent: () => outboxUnsent(db),
    events: (callId, after) => events(db, callId, after),
    history: (userId, query) => history(db, userId, query),
    activeOf: (userId, conversationId) => activeOf(db, userId, conversationId),
    calls: (query) => listCalls(db, query),
    stats: (userId) => (userId === null ? statsOfAll(db) : statsOfUser(db, userId)),
    counts: () => counts(db),
    timeline: (callId) => timeline(db, callId),
    deploymentId: createDeploymentId(db, deploymentId),
    liveRooms: () => liveRooms(db),
    callsByRoom: (roomNames) => callsByRoom(db, roomNames),
    callIdOfRoom: (roomName) => callIdOfRoom(db, roomName),
    isAllowedIn: (roomName, userId) => isAllowedIn(db, roomName, userId),
    quality: createQualityStore(db),
    takeLease: (name, holder, seconds) => takeLease(db, name, holder, seconds),
    forget: (retention) => forget(db, retention),
    ping: async () => {
      await db.rows('SELECT');
    },
    close: () => db.close(),
  };
}
