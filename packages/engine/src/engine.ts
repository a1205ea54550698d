import type { Call, CallEvent, Effect, Refusal } from '@ringline/domain';
import type { Logger, Metrics } from '@ringline/platform';
import type { LiveKitWebhook, Store } from '@ringline/store';
import type { BackgroundTasks } from './background-tasks.ts';
import type { Publisher } from './delivery/publisher.ts';
import type { MediaServer } from './media/media-server.ts';

/** The dependencies of every function here. They are passed in, never global. */
export interface Engine {
  store: Store;
  media: MediaServer;
  publisher: Publisher;
  backgroundTasks: BackgroundTasks;
  logger: Logger;
  metrics: Metrics;
}

/** Who sent a command: for the log, the timeline and the latency of a ring. */
export interface Origin {
  /** `user:<id>`, `service`, `admin`, `livekit`, `socket`, `deadline` or `reconciler`. */
  actor: string;
  requestId: string | null;
  traceId: string | null;
  /** The user's device, if it named itself. */
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

/** An `Idempotency-Key` and its request. It is committed together with the decision. */
export interface IdempotencyRequest {
  userId: string;
  key: string;
  /** A digest of the request. The same key with another digest is refused. */
  fingerprint: string;
  /** The HTTP status of success. */
  status: number;
}

/** The outcome of a command, with the current call. */
export type Outcome =
  | { refusal: null; call: Call; status: number; merged: boolean }
  | { refusal: Refusal; call: Call | null };

/** A decision to commit. `before` and `version` are null for a new call. */
export interface Decided {
  before: Call | null;
  version: number | null;
  call: Call;
  events: readonly CallEvent[];
  effects: readonly Effect[];
  refusal: Refusal | null;
  /** The invited users, if an invite was refused because all of them are busy. */
  refusedBusy?: readonly string[];
  /** Both users called each other, and this start accepts the other's call. */
  merged?: boolean;
}

/** Committed together with the decision, if given. */
export interface Attached {
  idempotency?: IdempotencyRequest | undefined;
  webhook?: LiveKitWebhook;
}
