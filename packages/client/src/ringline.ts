import type { Call, HistoryQuery, Stats } from '@ringline/contract';
import type { RinglineCall } from './calls/call.ts';
import type { StartOptions } from './calls/calls.ts';
import { createEmitter, type Subscribable } from './emitter.ts';
import { guardHostCallbacks } from './host-callbacks.ts';
import { defaultMedia, type RinglineOptions } from './options.ts';
import { requirePlatform } from './platform.ts';
import type { RinglineEvents } from './ringline-events.ts';
import { createSession } from './session.ts';
import type { ConnectionState } from './signalling/connection-status.ts';
import type { HistoryPage } from './signalling/rest.ts';
import { parseServiceOrigin } from './signalling/service-url.ts';

/** One user's connection to Ringline, on this device. */
export interface Ringline extends Subscribable<RinglineEvents> {
  /** From the token; null before `connect`. */
  readonly userId: string | null;
  readonly deviceId: string | null;
  readonly connection: ConnectionState;
  /** The calls that ring for this user or have the user in them, here or on another device. */
  readonly calls: readonly RinglineCall[];
  call(callId: string): RinglineCall | undefined;
  /**
   * Resolves once connected. Rejects with a final refusal of the service, and with `UNREACHABLE`
   * after 15 s: then the client goes on trying, as `connection` shows. Connects again after
   * `close()`.
   */
  connect(): Promise<void>;
  /**
   * Closes the media, then the socket, then releases the device. Does not hang up: to the others it
   * looks like a lost connection. Does nothing the second time.
   */
  close(): void;
  /**
   * Rejects with `UNREACHABLE` if no answer comes. The start is then cancelled, so it cannot ring
   * the callees later.
   */
  start(options: StartOptions): Promise<RinglineCall>;
  getCall(callId: string): Promise<Call>;
  activeCalls(): Promise<Call[]>;
  history(query?: Partial<HistoryQuery>): Promise<HistoryPage>;
  stats(): Promise<Stats>;
}

/**
 * Opens no connection: `connect()` does. Throws `VALIDATION_FAILED` for a `url` that is not an
 * origin, and `UNSUPPORTED` where the browser is too old.
 */
export function createRingline(options: RinglineOptions): Ringline {
  requirePlatform();
  const { url, getToken, token, deviceId } = options;
  const { media = defaultMedia(), quality = {} } = options;
  const guarded = guardHostCallbacks(options);
  const emitter = createEmitter<RinglineEvents>(guarded.logger);
  const origin = parseServiceOrigin(url);
  const openSession = () =>
    createSession({
      ...guarded,
      ...{ origin, deviceId, media, quality, emitter },
      source: { getToken, token },
    });
  let session = openSession();

  return {
    on: emitter.on,
    get userId() {
      return session.userId;
    },
    get deviceId() {
      return session.deviceId;
    },
    get connection() {
      return session.state;
    },
    get calls() {
      return session.calls?.list() ?? [];
    },
    call: (callId) => session.calls?.get(callId),
    connect: () => {
      if (session.state === 'closed') session = openSession();
      return session.connect();
    },
    close: () => session.close(),
    start: (what) => session.start(what),
    getCall: (callId) => session.rest.getCall(callId),
    activeCalls: () => session.rest.activeCalls(),
    history: (query) => session.rest.history(query),
    stats: () => session.rest.stats(),
  };
}
