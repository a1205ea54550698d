import type { Call, HistoryQuery, Stats } from '@ringline/contract';
import { type Calls, createCalls, type StartOptions } from './calls.ts';
import { claimDevice, type Device } from './device.ts';
import { createEmitter, type Subscribable } from './emitter.ts';
import { closed, type RinglineError } from './errors.ts';
import { livekitRooms } from './media/livekit.ts';
import { loadLiveKit } from './media/load.ts';
import { consoleLogger, defaultMedia, defaultStorage, type RinglineOptions } from './options.ts';
import { createRest, type HistoryPage } from './rest.ts';
import { createCallMemory } from './resume.ts';
import { exponentialBackoff } from './retry.ts';
import type { RinglineCall } from './ringline-call.ts';
import { type ConnectionState, createSignalling } from './signalling.ts';
import { keepTokenFresh } from './token-refresh.ts';
import { createTokens } from './tokens.ts';
import { onWake } from './wake.ts';

export interface RinglineEvents {
  /** It rings: once per ring, however often the service says so. */
  incoming: RinglineCall;
  /**
   * Somebody called this user, or invited them into a call, who is in another one. Nothing rings, and nothing can be
   * done with that call; to call back, start one of your own.
   */
  missed_busy: Call;
  /** A call has come, gone or reached another stage. */
  calls_changed: readonly RinglineCall[];
  connection: ConnectionState;
  /** What concerns no single call: a host app that gives no token, for example. */
  error: RinglineError;
}

/** A user's connection to Ringline on this device. */
export interface Ringline extends Subscribable<RinglineEvents> {
  /** Told by the token; null before `connect`. */
  readonly userId: string | null;
  readonly deviceId: string | null;
  readonly connection: ConnectionState;
  /** In which this user is rung or in, here or on another device. */
  readonly calls: readonly RinglineCall[];
  call(callId: string): RinglineCall | undefined;
  /** Resolves once connected, however long that takes; rejects only where trying again is of no use. */
  connect(): Promise<void>;
  /**
   * Closes media, then the socket, then frees the device, once and for all. It hangs up no call: for the
   * others it looks like a lost connection. Closing again does nothing.
   */
  close(): void;
  start(options: StartOptions): Promise<RinglineCall>;
  getCall(callId: string): Promise<Call>;
  activeCalls(): Promise<Call[]>;
  history(query?: Partial<HistoryQuery>): Promise<HistoryPage>;
  stats(): Promise<Stats>;
}

/** Does nothing yet: the work begins with `connect()`. */
export const createRingline = (options: RinglineOptions): Ringline => {
  const { url, logger = consoleLogger, retry = exponentialBackoff() } = options;
  const { media = defaultMedia(), storage = defaultStorage(), quality = {} } = options;
  const emitter = createEmitter<RinglineEvents>((error) =>
    logger.error('a listener failed', { error }),
  );
  const tokens = createTokens(options);
  const ending = new AbortController();
  let device: Device | null = null;
  let calls: Calls | null = null;
  let connecting: Promise<void> | null = null;
  let connected = new AbortController();

  const deviceId = () => device?.id ?? null;
  const userId = () => tokens.claims?.userId ?? null;
  const onError = (error: RinglineError) => emitter.emit('error', error);
  const rest = createRest({ url, tokens, deviceId, signal: ending.signal });

  const signalling = createSignalling({
    url,
    tokens,
    deviceId,
    retry,
    logger,
    onState: (state) => {
      connected.abort();
      if (state === 'connected') whileConnected();
      emitter.emit('connection', state);
    },
    onEvent: (event) => calls?.event(event),
    onNotice: (name, notice) => calls?.notice(name, notice),
    onError,
  });

  const makeCalls = (user: string, ownDevice: string): Calls =>
    createCalls({
      userId: user,
      deviceId: ownDevice,
      request: signalling.request,
      rest,
      memory: createCallMemory(storage, ownDevice),
      quality: quality === false ? null : quality,
      openRoom: media === false ? null : livekitRooms(media),
      retry,
      logger,
      onIncoming: (call) => emitter.emit('incoming', call),
      onMissedBusy: (call) => emitter.emit('missed_busy', call),
      onListed: (listed) => {
        // While it rings, or runs elsewhere, so that an accept or a takeover does not have to wait for it.
        if (media !== false && listed.length > 0) {
          loadLiveKit().catch((error: unknown) => logger.warn('LiveKit was not loaded', { error }));
        }
        emitter.emit('calls_changed', listed);
      },
    });

  /** Neither of the two started here rejects; both end with the connection. */
  const whileConnected = () => {
    const [user, ownDevice] = [userId(), deviceId()];
    if (user === null || ownDevice === null) return;
    calls ??= makeCalls(user, ownDevice);
    connected = new AbortController();
    const send = (token: string) => signalling.request('auth:refresh', { token });
    void keepTokenFresh({ tokens, send, retry, onError }, connected.signal);
    void calls.sync(connected.signal);
  };

  const claim = async (): Promise<Device> => {
    if (options.deviceId !== undefined) return { id: options.deviceId, release: () => undefined };
    return claimDevice({ storage, locks: globalThis.navigator?.locks ?? null, logger });
  };

  const begin = async () => {
    const claimed = await claim();
    if (ending.signal.aborted) {
      claimed.release();
      throw closed();
    }
    device = claimed;
    const stopWaking = onWake(signalling.hurry);
    ending.signal.addEventListener('abort', stopWaking);
    await signalling.connect();
  };

  return {
    on: emitter.on,
    get userId() {
      return userId();
    },
    get deviceId() {
      return deviceId();
    },
    get connection() {
      return signalling.state;
    },
    get calls() {
      return calls?.list() ?? [];
    },
    call: (callId) => calls?.get(callId),
    connect: () => {
      connecting ??= begin();
      return connecting;
    },
    close: () => {
      ending.abort();
      calls?.close();
      signalling.close();
      device?.release();
    },
    start: async (what) => {
      await (connecting ?? Promise.reject(new Error('connect() comes first')));
      if (calls === null) throw closed();
      return calls.start(what);
    },
    getCall: rest.getCall,
    activeCalls: rest.activeCalls,
    history: rest.history,
    stats: rest.stats,
  };
};
