import type { Call, CallEvent, Effect, Refusal } from '@ringline/domain';
import type { Logger, Metrics } from '@ringline/platform';
import type { LiveKitWebhook, Store } from '@ringline/store';
import type { BackgroundTasks } from './background-tasks.ts';
import type { Publisher } from './delivery/publisher.ts';
import type { MediaServer } from './media/media-server.ts';

/** What the pipeline works with. It is handed in everywhere and looked up nowhere. */
export interface Engine {
  store: Store;
  media: MediaServer;
  publisher: Publisher;
  backgroundTasks: BackgroundTasks;
  logger: Logger;
  metrics: Metrics;
}

/** Who or what gave a command: for the log, the timeline and the latency of a ring. */
export interface Origin {
  /** `user:<id>`, `service`, `admin`, `livekit`, `socket`, `deadline` or `reconciler`. */
  actor: string;
  requestId: string | null;
  traceId: string | null;
  /** The user's own device, if it named itself. */
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

/** An `Idempotency-Key` and what it stands for. It is committed together with the decision. */
export interface IdempotencyRequest {
  userId: string;
  key: string;
  /** A digest of the request: the same key with another one is refused. */
  fingerprint: string;
  /** The HTTP status of success. */
  status: number;
}

/** The outcome of a command; `call` is as it stands now. */
export type Outcome =
  | { refusal: null; call: Call; status: number; merged: boolean }
  | { refusal: Refusal; call: Call | null };

/** A decision that is ready to be committed. `before` and `version` are null for a new call. */
export interface Decided {
  before: Call | null;
  version: number | null;
  call: Call;
  events: readonly CallEvent[];
  effects: readonly Effect[];
  refusal: Refusal | null;
  /** The users whom a refused invite found in other calls, all of those it named. */
  refusedBusy?: readonly string[];
  /** Both users called each other, and this start accepts the other's call. */
  merged?: boolean;
}

/** What is committed beside the decision, if the command came with it. */
export interface Attached {
  idempotency?: IdempotencyRequest | undefined;
  webhook?: LiveKitWebhook;
}
