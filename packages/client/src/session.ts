import { type Calls, createCalls } from './calls/calls.ts';
import { claimDevice, type Device } from './device.ts';
import type { Emitter } from './emitter.ts';
import { asRinglineError, closed, RinglineError } from './errors.ts';
import type { guardHostCallbacks } from './host-callbacks.ts';
import { loadLiveKit } from './media/load-livekit.ts';
import { createRoomOpener } from './media/open-room.ts';
import type { MediaOptions, QualityOptions } from './options.ts';
import type { RinglineEvents } from './ringline-events.ts';
import { createRest, type Rest } from './signalling/rest.ts';
import { onResume } from './signalling/resume.ts';
import { createSignalling, type Signalling } from './signalling/signalling.ts';
import { refreshTokens } from './signalling/token-refresh.ts';
import { createTokens } from './signalling/tokens.ts';
import { noticeNames } from './signalling/wire.ts';

export interface SessionDeps extends ReturnType<typeof guardHostCallbacks> {
  /** The service's origin. */
  origin: string;
  source: Parameters<typeof createTokens>[0];
  deviceId: string | undefined;
  media: MediaOptions | false;
  quality: QualityOptions | false;
  emitter: Emitter<RinglineEvents>;
}

/** The time from a `connect()` to the next `close()`. */
export interface Session {
  readonly userId: string | null;
  readonly deviceId: string | null;
  readonly state: Signalling['state'];
  /** Null before the first connection. */
  readonly calls: Calls | null;
  readonly rest: Rest;
  connect(): Promise<void>;
  start: Calls['start'];
  close(): void;
}

/**
 * Loads LiveKit while a call rings or runs elsewhere, so that an accept or a takeover need not
 * wait.
 */
function preloadLiveKit(calls: Calls, { logger }: SessionDeps): void {
  calls.on('calls_changed', (listed) => {
    if (listed.length === 0) return;
    loadLiveKit().catch((error: unknown) => logger.warn('LiveKit was not loaded', { error }));
  });
}

function openCalls(
  deps: SessionDeps,
  user: { userId: string; deviceId: string },
  signalling: Signalling,
  rest: Rest,
): Calls {
  const { emitter, media, quality } = deps;
  const calls = createCalls({
    ...deps,
    ...user,
    rest,
    request: signalling.request,
    quality: quality === false ? null : quality,
    openRoom: media === false ? null : createRoomOpener(media),
  });
  if (media !== false) preloadLiveKit(calls, deps);
  emitter.forward(calls, 'incoming', 'missed_busy', 'calls_changed');
  signalling.on('call_event', calls.handleEvent);
  for (const name of noticeNames) {
    signalling.on(name, (notice) => calls.handleNotice(name, notice));
  }
  return calls;
}

export function createSession(deps: SessionDeps): Session {
  const { origin: url, emitter } = deps;
  const tokens = createTokens(deps.source);
  const ending = new AbortController();
  let device: Device | null = null;
  let calls: Calls | null = null;
  let preparation: Promise<void> | null = null;
  let connected = new AbortController();

  const deviceId = () => device?.id ?? null;
  const rest = createRest({ url, tokens, deviceId, signal: ending.signal });
  const signalling = createSignalling({ ...deps, url, tokens, deviceId });

  const handleConnected = () => {
    const { userId } = tokens;
    if (userId === null || device === null) return;
    calls ??= openCalls(deps, { userId, deviceId: device.id }, signalling, rest);
    connected = new AbortController();
    const send = (token: string) => signalling.request('auth:refresh', { token });
    // Neither rejects, and both end with the connection.
    void refreshTokens({ ...deps, tokens, send }, connected.signal);
    void calls.handleConnected(connected.signal);
  };

  emitter.forward(signalling, 'error');
  signalling.on('state', (state) => {
    connected.abort();
    if (state === 'connected') handleConnected();
    emitter.emit('connection', state);
  });

  const prepare = async () => {
    const claimed = await claimDevice({ ...deps, locks: globalThis.navigator?.locks ?? null });
    if (ending.signal.aborted) {
      claimed.release();
      throw closed();
    }
    device = claimed;
    ending.signal.addEventListener('abort', onResume(signalling.reconnectNow));
  };

  const connect = async () => {
    try {
      preparation ??= prepare();
      await preparation;
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
      if (preparation === null) throw new RinglineError('INVALID_STATE', 'Call connect() first.');
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
