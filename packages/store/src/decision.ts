import type { CallEvent } from '@ringline/contract';
import type { Call, Invitation } from '@ringline/domain';
import type { StoreUnavailable } from './database-errors.ts';
import type { NewIdempotentResult } from './idempotency.ts';
import type { LiveKitWebhook } from './livekit-webhooks.ts';
import type { OutboxMessage } from './outbox.ts';

/** One decision. It is written as a whole or not at all. */
export interface Commit {
  /** The version that was loaded; null for a new call. */
  expectedVersion: number | null;
  /** The call after the events. */
  call: Call;
  events: CallEvent[];
  invitations: Invitation[];
  outbox: OutboxMessage[];
  /** 'user:ann', 'service', 'admin', 'livekit', 'socket', 'deadline' or 'reconciler'. */
  actor: string;
  requestId: string | null;
  /** The result of the request, if it has a key. */
  idempotency: NewIdempotentResult | null;
  /** The webhook that caused this decision. */
  webhook: LiveKitWebhook | null;
}

/**
 * Only `committed` wrote anything. Otherwise:
 *
 * - conflict: another commit changed the call first, or the id of a new call is taken.
 * - claimed: a user is active in another call.
 * - repeated: the idempotency key has a result.
 * - duplicate_webhook: the webhook was committed before.
 * - gone: the call does not exist.
 * - timed_out: Postgres rolled back the transaction.
 */
export type CommitResult =
  | { outcome: 'committed'; version: number; outboxId: string | null }
  | { outcome: 'conflict' | 'claimed' | 'repeated' | 'duplicate_webhook' | 'gone' }
  | { outcome: 'timed_out'; error: StoreUnavailable };
