import type { Call, CallEvent, Effect, Refusal } from '@ringline/domain';
import type { Logger, Metrics } from '@ringline/platform';
import type { LiveKitWebhook, Store } from '@ringline/store';
import type { Background } from './background.ts';
import type { MediaServer } from './media-server.ts';
import type { Publisher } from './publisher.ts';

/** What every way through the engine needs. Held by nobody else: parts are handed in, never looked up. */
export interface Engine {
  store: Store;
  media: MediaServer;
  publisher: Publisher;
  background: Background;
  logger: Logger;
  metrics: Metrics;
}

/** Who or what gave a command, for the log, the timeline, and the latency of a ring. */
export interface Origin {
  /** `user:<id>`, `service`, `admin`, `livekit`, `socket`, `deadline` or `reconciler`. */
  actor: string;
  requestId: string | null;
  traceId: string | null;
  /** The user's own device, where it said which one it is. */
  deviceId: string | null;
  /** `performance.now()` when the request came in. */
  receivedAt: number;
}

export function createOrigin(actor: string): Origin {
  return {
    actor,
    requestId: null,
    traceId: null,
    deviceId: null,
    receivedAt: performance.now(),
  };
}

/** An `Idempotency-Key` with what it was given for; committed together with the decision. */
export interface IdempotencyRequest {
  userId: string;
  key: string;
  /** A digest of the request: the same key with another one is refused. */
  fingerprint: string;
  /** The status that success answers with. */
  status: number;
}

export type EngineRefusal =
  | Refusal
  | { code: 'IDEMPOTENCY_KEY_REUSED'; message: string; callId?: never; existingCallId?: never };

/** How a command came out; `call` is as it stands now. */
export type Outcome =
  | { refusal: null; call: Call; status: number; merged: boolean }
  | { refusal: EngineRefusal; call: Call | null };

/** One decision, ready to be made so. `before` is null for a new call. */
export interface Decided {
  before: Call | null;
  version: number | null;
  call: Call;
  events: readonly CallEvent[];
  effects: readonly Effect[];
  refusal: Refusal | null;
  /** Who was invited by a command that was refused because all of them are in another call. */
  refusedBusy?: readonly string[];
}

/** What is committed beside the decision, where the command came with it. */
export interface Attached {
  idempotency?: IdempotencyRequest & { merged?: boolean };
  webhook?: LiveKitWebhook;
}
