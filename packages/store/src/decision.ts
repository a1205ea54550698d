import type { CallEvent } from '@ringline/contract';
import type { Call, Invitation } from '@ringline/domain';
import type { StoreUnavailable } from './database.ts';
import type { NewIdempotentResult } from './idempotency.ts';
import type { LiveKitWebhook } from './livekit-webhooks.ts';
import type { OutboxMessage } from './outbox.ts';

/** One decision, to be written as a whole or not at all. */
export interface Commit {
  /** The version that was loaded; null for a new call. */
  expectedVersion: number | null;
  /** After the events. */
  call: Call;
  events: CallEvent[];
  invitations: Invitation[];
  outbox: OutboxMessage[];
  /** 'user:ann', 'service', 'admin', 'livekit', 'socket', 'deadline' or 'reconciler'. */
  actor: string;
  requestId: string | null;
  /** The result of the request, if it has a key. */
  idempotency: NewIdempotentResult | null;
  /** The webhook that this decision answers. */
  webhook: LiveKitWebhook | null;
}

/**
 * conflict: another commit changed this call first, or its id is taken. claimed: a user is active in another call. repeated:
 * the idempotency key has a result. duplicate_webhook: the webhook was committed before. gone: there is no such call.
 * timed_out: Postgres ended the transaction. Unless it is `committed`, nothing was written.
 */
export type CommitResult =
  | { outcome: 'committed'; version: number; outboxId: string | null }
  | { outcome: 'conflict' | 'claimed' | 'repeated' | 'duplicate_webhook' | 'gone' }
  | { outcome: 'timed_out'; error: StoreUnavailable };
