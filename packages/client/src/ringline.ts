import type { Call, HistoryQuery, Stats } from '@ringline/contract';
import type { RinglineCall } from './calls/call.ts';
import type { StartOptions } from './calls/calls.ts';
import { createEmitter, type Subscribable } from './emitter.ts';
import { guarded } from './host-callbacks.ts';
import { defaultMedia, type RinglineOptions } from './options.ts';
import { demandPlatform } from './platform.ts';
import type { RinglineEvents } from './ringline-events.ts';
import { createSession } from './session.ts';
import type { ConnectionState } from './signalling/connection.ts';
import type { HistoryPage } from './signalling/rest.ts';
import { serviceOrigin } from './signalling/service-url.ts';

/** A user's connection to Ringline on this device. */
export interface Ringline extends Subscribable<RinglineEvents> {
  /** Told by the token; null before `connect`. */
  readonly userId: string | null;
  readonly deviceId: string | null;
  readonly connection: ConnectionState;
  /** In which this user is rung or in, here or on another device. */
  readonly calls: readonly RinglineCall[];
  call(callId: string): RinglineCall | undefined;
  /**
   * Resolves once connected. Rejects with what the service refuses for good, and with `UNREACHABLE` after 15 s: then the
   * client goes on trying, and `connection` tells. Also after `close()`, which it undoes.
   */
  connect(): Promise<void>;
  /**
   * Closes media, then the socket, then frees the device. It hangs up no call: for the
   * others it looks like a lost connection. Closing again does nothing.
   */
  close(): void;
  /** Rejects with `UNREACHABLE` where nothing is answered: then nobody is rung later on. */
  start(options: StartOptions): Promise<RinglineCall>;
  getCall(callId: string): Promise<Call>;
  activeCalls(): Promise<Call[]>;
  history(query?: Partial<HistoryQuery>): Promise<HistoryPage>;
  stats(): Promise<Stats>;
}

/**
 * Does nothing yet: the work begins with `connect()`. Throws `VALIDATION_FAILED` for a `url` that is no origin, and `UNSUPPORTED`
 * where the browser is too old.
 */
export function createRingline(options: RinglineOptions): Ringline {
  demandPlatform();
  const { url, getToken, token, deviceId } = options;
  const { media = defaultMedia(), quality = {} } = options;
  const safe = guarded(options);
  const emitter = createEmitter<RinglineEvents>((error) =>
    safe.logger.error('a listener failed', { error }),
  );
  const origin = serviceOrigin(url);
  const begin = () =>
    createSession({
      ...safe,
      ...{ origin, deviceId, media, quality, emitter },
      source: { getToken, token },
    });
  let session = begin();

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
      if (session.state === 'closed') session = begin();
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
