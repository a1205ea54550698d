import type {
  CallEvent,
  ClientEventName,
  ClientEvents,
  NoticeName,
  Notices,
  SocketError,
} from '@ringline/contract';
import { io, type Socket } from 'socket.io-client';
import { openSocket } from './connection-attempt.ts';
import {
  asRinglineError,
  closed,
  fromSocketError,
  isTransient,
  type RinglineError,
  unreachable,
} from './errors.ts';
import type { ClientLogger } from './options.ts';
import type { RetryPolicy } from './retry.ts';
import type { Tokens } from './tokens.ts';
import { type Acknowledgement, type Answers, allCallEvents, allNotices } from './wire.ts';

const REQUEST_MS = 15_000;
/** A connection, or an answer over it, that takes longer is not coming. The socket's own heartbeat tells much later. */
const ANSWER_MS = 8_000;
/** A connection that lasted this long was a good one: the next loss starts with short delays again. */
const STEADY_MS = 10_000;

/**
 * A sample has no id by which the service would recognise a second copy, and the next one makes up for it: it is lost
 * rather than counted twice.
 */
const SENT_ONCE: readonly ClientEventName[] = ['call:quality_update'];

export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed';

export interface SignallingHandlers {
  onState(state: ConnectionState): void;
  onEvent(event: CallEvent): void;
  onNotice<Name extends NoticeName>(name: Name, notice: Notices[Name]): void;
  onError(error: RinglineError): void;
}

export interface SignallingDeps extends SignallingHandlers {
  url: string;
  tokens: Tokens;
  deviceId: () => string | null;
  retry: RetryPolicy;
  logger: ClientLogger;
}

/** The socket to the call service, kept connected until it is closed. */
export interface Signalling {
  readonly state: ConnectionState;
  /** Resolves once connected; rejects only where trying again is of no use. */
  connect(): Promise<void>;
  /**
   * Resolves to the service's answer, rejects with its refusal. A request that loses its connection is
   * sent again over the next one, for 15 seconds in all: every client event may be repeated, except for
   * quality samples. A connection on which nothing is answered for 8 seconds is dropped for a new one.
   */
  request<Name extends ClientEventName>(
    name: Name,
    payload: ClientEvents[Name],
    patienceMs?: number,
  ): Promise<Answers[Name]>;
  /** Does not wait any longer for the next try, if it is waiting. */
  hurry(): void;
  close(): void;
}

/** The service's own word against a connection; null where it was not asked, as without a network. */
const refusalIn = (error: Error & { data?: SocketError }): RinglineError | null =>
  error.data === undefined ? null : fromSocketError(error.data);

export const createSignalling = (deps: SignallingDeps): Signalling => {
  const { url, tokens, deviceId, retry, logger } = deps;
  const socket: Socket = io(url, {
    transports: ['websocket'],
    autoConnect: false,
    forceNew: true,
    // Reconnecting is paced here, in one place: socket.io does not reconnect after the service itself
    // closed the socket, as it does when a token runs out.
    reconnection: false,
  });
  const waiting = new Set<{ resolve(): void; reject(error: RinglineError): void }>();
  let state: ConnectionState = 'idle';
  let retryTimer: ReturnType<typeof setTimeout> | null = null;
  let attempt = 0;
  let connectedAt = 0;
  let callOffAttempt: (() => void) | null = null;

  const moveTo = (next: ConnectionState) => {
    if (state === next) return;
    state = next;
    deps.onState(next);
  };

  const finish = (error: RinglineError) => {
    moveTo('closed');
    if (retryTimer !== null) clearTimeout(retryTimer);
    callOffAttempt?.();
    socket.disconnect();
    for (const waiter of waiting) waiter.reject(error);
    waiting.clear();
  };

  const giveUpOrRetry = (error: RinglineError, isWorthIt: boolean) => {
    if (state === 'closed') return;
    deps.onError(error);
    if (isWorthIt) openLater();
    else finish(error);
  };

  const lost = () => {
    logger.info('signalling lost while connecting');
    openLater();
  };

  const open = async () => {
    retryTimer = null;
    try {
      const device = deviceId();
      socket.auth = { token: await tokens.current(), ...(device !== null && { deviceId: device }) };
      if (state !== 'closed') callOffAttempt = openSocket(socket, ANSWER_MS, lost);
    } catch (error) {
      giveUpOrRetry(asRinglineError(error), tokens.renewable);
    }
  };

  const openLater = () => {
    if (state === 'closed' || retryTimer !== null) return;
    const delay = retry.delayMs(attempt);
    attempt += 1;
    if (delay === null) return finish(unreachable('connect'));
    retryTimer = setTimeout(open, delay);
  };

  socket.on('connect', () => {
    connectedAt = Date.now();
    moveTo('connected');
    for (const waiter of waiting) waiter.resolve();
    waiting.clear();
  });
  socket.on('disconnect', (reason) => {
    if (state === 'closed') return;
    logger.info('signalling lost', { reason });
    if (Date.now() - connectedAt > STEADY_MS) attempt = 0;
    moveTo('reconnecting');
    openLater();
  });
  socket.on('connect_error', (error) => {
    logger.info('signalling refused', { error: error.message });
    const refusal = refusalIn(error);
    if (refusal === null) return openLater();
    if (refusal.code !== 'UNAUTHENTICATED') return giveUpOrRetry(refusal, isTransient(refusal));
    if (!tokens.renewable) return giveUpOrRetry(refusal, false);
    deps.onError(refusal);
    // What fails here is reported when `open` asks again.
    tokens.renew().then(openLater, openLater);
  });
  for (const name of allCallEvents) {
    socket.on(name, (payload: object) => deps.onEvent({ ...payload, event: name } as CallEvent));
  }
  for (const name of allNotices) {
    socket.on(name, (notice: Notices[typeof name]) => deps.onNotice(name, notice));
  }

  const connected = (patienceMs: number, what: string): Promise<void> => {
    if (state === 'closed') return Promise.reject(closed());
    if (state === 'connected') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter = {
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
        reject: (error: RinglineError) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        waiting.delete(waiter);
        reject(unreachable(what));
      }, patienceMs);
      waiting.add(waiter);
    });
  };

  /** What is answered over this connection; null where nothing is. */
  const ask = async (
    name: ClientEventName,
    payload: object,
    patienceMs: number,
  ): Promise<Acknowledgement | null> => {
    const connection = socket.id;
    try {
      return await socket.timeout(Math.min(patienceMs, ANSWER_MS)).emitWithAck(name, payload);
    } catch (error) {
      logger.debug('no answer', { name, error });
      if (patienceMs >= ANSWER_MS && socket.id === connection) socket.disconnect();
      return null;
    }
  };

  return {
    get state() {
      return state;
    },
    connect: () => {
      if (state === 'idle') {
        moveTo('connecting');
        void open();
      }
      return connected(2 ** 31 - 1, 'connect');
    },
    request: async (name, payload, patienceMs = REQUEST_MS) => {
      const deadline = Date.now() + patienceMs;
      for (;;) {
        const left = deadline - Date.now();
        if (left <= 0) throw unreachable(name);
        await connected(left, name);
        // Lost again already: socket.io would keep the request for whichever connection comes next.
        if (state !== 'connected') continue;
        const answer = await ask(name, payload, deadline - Date.now());
        if (answer?.ok === true) return answer.data as Answers[typeof name];
        if (answer?.ok === false) throw fromSocketError(answer.error);
        if (SENT_ONCE.includes(name)) throw unreachable(name);
      }
    },
    hurry: () => {
      if (retryTimer === null) return;
      clearTimeout(retryTimer);
      void open();
    },
    close: () => {
      if (state !== 'closed') finish(closed());
    },
  };
};
