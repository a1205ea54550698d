import type { SocketError } from '@ringline/contract';
import { io, type Socket } from 'socket.io-client';
import {
  asRinglineError,
  closed,
  fromSocketError,
  isTransient,
  type RinglineError,
  unreachable,
} from '../errors.ts';
import type { ClientLogger } from '../options.ts';
import { type RetryPolicy, retryDelayMs } from '../retry.ts';
import { openSocket } from './connect-attempt.ts';
import { likelyCause } from './diagnosis.ts';
import type { Tokens } from './tokens.ts';
import { createWaiters } from './waiters.ts';

/** An attempt, or an answer, that takes longer is not coming. */
export const ANSWER_MS = 8_000;
/** An answer to a probe: one round trip on any line over which people can talk. */
const PROBE_MS = 2_000;
/** An attempt younger than this is not begun again. */
const FRESH_MS = 1_000;
/** A connection that lasted this long was a good one: the next loss starts with short delays again. */
const STEADY_MS = 10_000;
/** How long the first connection may fail before the developer is told of it. */
const REPORT_AFTER_MS = 2_000;

export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed';

export interface ReconnectingSocketDeps {
  /** The service's origin. */
  url: string;
  tokens: Tokens;
  deviceId: () => string | null;
  retry: RetryPolicy;
  logger: ClientLogger;
  onState(state: ConnectionState): void;
  onError(error: RinglineError): void;
}

/** The socket to the call service, kept connected until it is closed. */
export interface ReconnectingSocket {
  readonly state: ConnectionState;
  readonly socket: Socket;
  /** Begins, if it has not begun yet. */
  open(): void;
  /** Resolves once connected. Rejects with `UNREACHABLE` after `patienceMs`, or with what ended it. */
  connected(patienceMs: number, what: string): Promise<void>;
  /**
   * The network or the person is back: connects at once where that is due, and asks over an open connection whether it is still
   * alive. A path that died without a word is noticed here seconds before the heartbeat notices it.
   */
  wake(): void;
  close(): void;
}

/** The service's own word against a connection; null where it was not asked, as without a network. */
function refusalIn(error: Error & { data?: SocketError }): RinglineError | null {
  return error.data === undefined ? null : fromSocketError(error.data);
}

export function createReconnectingSocket(deps: ReconnectingSocketDeps): ReconnectingSocket {
  const { url, tokens, deviceId, retry, logger } = deps;
  const socket: Socket = io(url, {
    transports: ['websocket'],
    autoConnect: false,
    forceNew: true,
    // Reconnecting is paced here, in one place: socket.io does not reconnect after the service itself
    // closed the socket, as it does when a token runs out.
    reconnection: false,
  });
  const waiters = createWaiters();
  const ending = new AbortController();
  let state: ConnectionState = 'idle';
  let retryTimer: ReturnType<typeof setTimeout> | null = null;
  let attempt = 0;
  let tries = 0;
  let firstTriedAt = 0;
  let lastTriedAt = 0;
  let connectedAt = 0;
  let probing = false;
  let failure: RinglineError | null = null;
  let callOffAttempt: (() => void) | null = null;

  const moveTo = (next: ConnectionState) => {
    if (state === next) return;
    state = next;
    deps.onState(next);
  };

  const finish = (error: RinglineError) => {
    if (retryTimer !== null) clearTimeout(retryTimer);
    ending.abort();
    callOffAttempt?.();
    moveTo('closed');
    socket.disconnect();
    waiters.reject(error);
  };

  const tell = (error: RinglineError) => {
    logger.warn(error.message, { code: error.code });
    deps.onError(error);
  };

  /** Once, and while no connection has ever come about: later the state says it all. */
  const explain = async () => {
    if (state !== 'connecting' || failure !== null) return;
    if (Date.now() - firstTriedAt < REPORT_AFTER_MS) return;
    failure = unreachable('connect');
    const cause = await likelyCause(url, ending.signal);
    if (state !== 'connecting') return;
    failure = unreachable('connect', undefined, cause);
    tell(failure);
  };

  const openLater = (delay: number | null = retry.delayMs(attempt)) => {
    if (state === 'closed' || retryTimer !== null) return;
    attempt += 1;
    if (delay === null) return finish(failure ?? unreachable('connect'));
    retryTimer = setTimeout(open, delay);
  };

  const failed = () => {
    logger.info('no connection to the call service');
    void explain();
    openLater();
  };

  const refused = (error: RinglineError, isWorthIt: boolean) => {
    if (state === 'closed') return;
    // That the service is busy passes by itself, and is nothing that anybody did.
    if (error.code === 'RATE_LIMITED') logger.info('the service refused a connection', { error });
    else tell(error);
    if (isWorthIt) openLater(retryDelayMs(retry, attempt, error));
    else finish(error);
  };

  const open = async () => {
    retryTimer = null;
    lastTriedAt = Date.now();
    tries += 1;
    const mine = tries;
    const isStale = () => state === 'closed' || mine !== tries;
    try {
      const device = deviceId();
      const token = await tokens.current();
      if (isStale()) return;
      socket.auth = { token, ...(device !== null && { deviceId: device }) };
      callOffAttempt = openSocket(socket, ANSWER_MS, failed);
    } catch (error) {
      if (!isStale()) refused(asRinglineError(error), tokens.renewable);
    }
  };

  socket.on('connect', () => {
    connectedAt = Date.now();
    failure = null;
    moveTo('connected');
    waiters.resolve();
  });
  socket.on('disconnect', (reason) => {
    if (state === 'closed') return;
    logger.info('signalling lost', { reason });
    if (Date.now() - connectedAt > STEADY_MS) attempt = 0;
    moveTo('reconnecting');
    openLater();
  });
  socket.on('connect_error', (error) => {
    const refusal = refusalIn(error);
    if (refusal === null) return failed();
    if (refusal.code !== 'UNAUTHENTICATED') return refused(refusal, isTransient(refusal));
    if (!tokens.renewable) return refused(refusal, false);
    tell(refusal);
    // What fails here is reported when `open` asks again.
    const again = () => openLater();
    tokens.renew().then(again, again);
  });

  const probe = async () => {
    if (probing) return;
    probing = true;
    const connection = socket.id;
    try {
      await socket.timeout(PROBE_MS).emitWithAck('ping', {});
    } catch (error) {
      logger.info('the connection is dead', { error });
      if (socket.id === connection) socket.disconnect();
    } finally {
      probing = false;
    }
  };

  const tryNow = () => {
    if (retryTimer !== null) clearTimeout(retryTimer);
    else if (Date.now() - lastTriedAt < FRESH_MS) return;
    // What was sent into a dead network is repeated late: a new attempt is faster.
    callOffAttempt?.();
    socket.disconnect();
    void open();
  };

  return {
    get state() {
      return state;
    },
    socket,
    open: () => {
      if (state !== 'idle') return;
      firstTriedAt = Date.now();
      moveTo('connecting');
      void open();
    },
    connected: (patienceMs, what) => {
      if (state === 'closed') return Promise.reject(closed());
      if (state === 'connected') return Promise.resolve();
      return waiters.wait(patienceMs, () => failure ?? unreachable(what));
    },
    wake: () => {
      if (state === 'connected') void probe();
      else if (state === 'connecting' || state === 'reconnecting') tryNow();
    },
    close: () => {
      if (state !== 'closed') finish(closed());
    },
  };
}
