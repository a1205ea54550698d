export { bindTo } from './bind.ts';
export { type Database, openDatabase, type Queries, type TransactionQueries } from './database.ts';
export { ranOutOfTime, StoreUnavailable } from './database-errors.ts';
export type { Commit, CommitResult } from './decision.ts';
export type { CallsQuery, HistoryEntry, HistoryQuery } from './history.ts';
export {
  type NewIdempotentResult,
  PENDING_RESULT,
} from './idempotency.ts';
export type { UnansweredInitiator } from './initiators.ts';
export type { CallInvariant, StoredCall } from './invariants/call-invariants.ts';
export {
  type CheckedInvariant,
  checkDatabase,
  type InvariantOptions,
  type InvariantReport,
} from './invariants/check.ts';
export type { Violation } from './invariants/invariant.ts';
export type { LiveKitWebhook } from './livekit-webhooks.ts';
export type { Loaded } from './load.ts';
export { migrate } from './migrate.ts';
export type { OutboxEntry, OutboxMessage } from './outbox.ts';
export type { Peer } from './peers.ts';
export type { Retention } from './retention.ts';
export type { Ring } from './rings.ts';
export type { LiveRoom } from './rooms.ts';
export { createStore, type Store, type StoreOptions } from './store.ts';
