import type { CallEvent } from '@ringline/contract';
import type { Call, Invitation } from '@ringline/domain';
import type { NewIdempotentResult } from './idempotency.ts';
import type { LiveKitWebhook } from './livekit-webhooks.ts';
import type { OutboxMessage } from './outbox.ts';

/** One decision, as it is to stand in the database: all of it or nothing. */
export interface Commit {
  /** What the call was loaded with; null for one that is new. */
  expectedVersion: number | null;
  /** As it is after the events. */
  call: Call;
  events: CallEvent[];
  invitations: Invitation[];
  outbox: OutboxMessage[];
  /** Who or what decided: 'user:ann', 'service', 'admin', 'livekit', 'deadline', 'reconciler'. */
  actor: string;
  requestId: string | null;
  /** The request that is answered by this, if it has a key. */
  idempotency: NewIdempotentResult | null;
  /** The webhook that is dealt with by this. */
  webhook: LiveKitWebhook | null;
}

/**
 * conflict: somebody else has decided on this call meanwhile (or its id is taken). claimed: a user is Live in
 * another call. repeated: the idempotency key is there. duplicate_webhook: the webhook is there. gone: there is
 * no such call. Of all these, nothing at all was written.
 */
export type CommitResult =
  | { outcome: 'committed'; version: number; outboxId: string | null }
  | { outcome: 'conflict' | 'claimed' | 'repeated' | 'duplicate_webhook' | 'gone' };
