import type { Socket } from 'socket.io-client';
import { createEmitter, type Subscribable } from '../emitter.ts';
import { asRinglineError, type RinglineError } from '../errors.ts';
import type { ClientLogger } from '../options.ts';
import { type RetryPolicy, retryDelayMs } from '../retry.ts';
import { openSocket } from './open-socket.ts';
import type { Tokens } from './tokens.ts';

/** No attempt, and no answer of the service, is worth a longer wait. */
export const ANSWER_MS = 8_000;
/** After a connection that lasted this long, the next loss starts with short delays again. */
const STABLE_MS = 10_000;
/** An attempt younger than this is not restarted. */
const FRESH_MS = 1_000;

export interface ConnectAttemptsDeps {
  tokens: Tokens;
  deviceId: () => string | null;
  retry: RetryPolicy;
  logger: ClientLogger;
}

interface ConnectAttemptEvents {
  /** The service did not answer; Socket.IO's own `connect_error` is not repeated here. */
  failed: undefined;
  /** There was no token to connect with. */
  token_failed: RinglineError;
}

/** Connects the socket, one attempt at a time: now, or after the delay of the retry policy. */
export interface ConnectAttempts extends Subscribable<ConnectAttemptEvents> {
  start(): void;
  /**
   * `error` is the refusal to wait out, if there was one. Returns false where the policy gives up.
   */
  startLater(error?: RinglineError): boolean;
  /** Once started: skips the delay, and replaces an attempt that has been under way for a while. */
  startNow(): void;
  stop(): void;
}

export function createConnectAttempts(socket: Socket, deps: ConnectAttemptsDeps): ConnectAttempts {
  const { tokens, deviceId, retry, logger } = deps;
  const emitter = createEmitter<ConnectAttemptEvents>(logger);
  let timer: ReturnType<typeof setTimeout> | null = null;
  let retries = 0;
  let latest = 0;
  let startedAt = 0;
  let connectedAt = 0;
  let abandon: (() => void) | null = null;
  let isStopped = false;

  const start = async () => {
    timer = null;
    startedAt = Date.now();
    latest += 1;
    const attempt = latest;
    const isStale = () => isStopped || attempt !== latest;
    try {
      const device = deviceId();
      const token = await tokens.current();
      if (isStale()) return;
      socket.auth = { token, ...(device !== null && { deviceId: device }) };
      abandon = openSocket(socket, ANSWER_MS, () => emitter.emit('failed', undefined));
    } catch (error) {
      if (!isStale()) emitter.emit('token_failed', asRinglineError(error));
    }
  };

  socket.on('connect', () => {
    connectedAt = Date.now();
  });
  socket.on('disconnect', () => {
    if (Date.now() - connectedAt > STABLE_MS) retries = 0;
  });

  return {
    on: emitter.on,
    start: () => void start(),
    startLater: (error) => {
      if (isStopped || timer !== null) return true;
      const delay = error ? retryDelayMs(retry, retries, error) : retry.delayMs(retries);
      retries += 1;
      if (delay !== null) timer = setTimeout(start, delay);
      return delay !== null;
    },
    startNow: () => {
      if (isStopped || latest === 0) return;
      if (timer !== null) clearTimeout(timer);
      else if (Date.now() - startedAt < FRESH_MS) return;
      // A handshake sent into a dead network is retransmitted late: a new attempt is faster.
      abandon?.();
      socket.disconnect();
      void start();
    },
    stop: () => {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
      abandon?.();
    },
  };
}
