import { type Calls, createCalls } from './calls/calls.ts';
import { claimDevice, type Device } from './device.ts';
import type { Emitter } from './emitter.ts';
import { asRinglineError, closed, RinglineError } from './errors.ts';
import type { guarded } from './host-callbacks.ts';
import { loadLiveKit } from './media/load-livekit.ts';
import { livekitRooms } from './media/open-room.ts';
import type { MediaOptions, QualityOptions } from './options.ts';
import type { RinglineEvents } from './ringline-events.ts';
import { createRest, type Rest } from './signalling/rest.ts';
import { onWake } from './signalling/resume.ts';
import { createSignalling, type Signalling } from './signalling/signalling.ts';
import { keepTokenFresh } from './signalling/token-refresh.ts';
import { createTokens } from './signalling/tokens.ts';

export interface SessionDeps extends ReturnType<typeof guarded> {
  /** The service's origin. */
  origin: string;
  source: Parameters<typeof createTokens>[0];
  deviceId: string | undefined;
  media: MediaOptions | false;
  quality: QualityOptions | false;
  emitter: Emitter<RinglineEvents>;
}

/** From a `connect()` to the `close()` after it. */
export interface Session {
  readonly userId: string | null;
  readonly deviceId: string | null;
  readonly state: Signalling['state'];
  readonly calls: Calls | null;
  readonly rest: Rest;
  connect(): Promise<void>;
  start: Calls['start'];
  close(): void;
}

export function createSession(deps: SessionDeps): Session {
  const { origin: url, emitter, logger, retry, storage, media, quality } = deps;
  const tokens = createTokens(deps.source);
  const ending = new AbortController();
  let device: Device | null = null;
  let calls: Calls | null = null;
  let beginning: Promise<void> | null = null;
  let connected = new AbortController();

  const deviceId = () => device?.id ?? null;
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
    const [user, ownDevice] = [tokens.userId, deviceId()];
    if (user === null || ownDevice === null) return;
    calls ??= makeCalls(user, ownDevice);
    connected = new AbortController();
    const send = (token: string) => signalling.request('auth:refresh', { token });
    void keepTokenFresh({ tokens, send, retry, onError, logger }, connected.signal);
    void calls.connected(connected.signal);
  };

  const claim = async (): Promise<Device> => {
    if (deps.deviceId !== undefined) return { id: deps.deviceId, release: () => undefined };
    return claimDevice({ storage, locks: globalThis.navigator?.locks ?? null, logger });
  };

  const begin = async () => {
    const claimed = await claim();
    if (ending.signal.aborted) {
      claimed.release();
      throw closed();
    }
    device = claimed;
    const stopWaking = onWake(signalling.wake);
    ending.signal.addEventListener('abort', stopWaking);
  };

  const connect = async () => {
    try {
      beginning ??= begin();
      await beginning;
    } catch (error) {
      throw asRinglineError(error);
    }
    await signalling.connect();
  };

  return {
    rest,
    connect,
    get userId() {
      return tokens.userId;
    },
    get deviceId() {
      return deviceId();
    },
    get state() {
      return signalling.state;
    },
    get calls() {
      return calls;
    },
    start: async (what) => {
      if (beginning === null) throw new RinglineError('INVALID_STATE', 'connect() comes first.');
      if (calls === null) await connect();
      if (calls === null) throw closed();
      return calls.start(what);
    },
    close: () => {
      ending.abort();
      calls?.close();
      signalling.close();
      device?.release();
    },
  };
}
