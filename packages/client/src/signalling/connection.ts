import type { SocketError } from '@ringline/contract';
import { io, type Socket } from 'socket.io-client';
import { createEmitter, type Subscribable } from '../emitter.ts';
import {
  closed,
  isRateLimited,
  isTokenError,
  isTransient,
  type RinglineError,
  unreachable,
} from '../errors.ts';
import { type ConnectAttemptsDeps, createConnectAttempts } from './connect-attempts.ts';
import { type ConnectionState, createConnectionStatus } from './connection-status.ts';
import { createDiagnosis } from './diagnosis.ts';
import { createProbe } from './probe.ts';
import { fromSocketError } from './refusals.ts';
import type { Tokens } from './tokens.ts';

export interface ConnectionDeps extends ConnectAttemptsDeps {
  /** The service's origin. */
  url: string;
}

export interface ConnectionEvents {
  state: ConnectionState;
  error: RinglineError;
}

/** The socket to the call service, reconnected until it is closed. */
export interface Connection extends Subscribable<ConnectionEvents> {
  readonly state: ConnectionState;
  readonly socket: Socket;
  /** Does nothing the second time. */
  open(): void;
  /**
   * Resolves once connected. Rejects with `UNREACHABLE` after `limitMs`, or with the reason of the
   * end.
   */
  waitUntilConnected(limitMs: number, purpose: string): Promise<void>;
  /**
   * For when the network or the user is back: skips the delay before the next attempt, and probes
   * an open connection, which finds a dead one seconds before the heartbeat does.
   */
  reconnectNow(): void;
  close(): void;
}

function createSocket(url: string): Socket {
  return io(url, {
    transports: ['websocket'],
    autoConnect: false,
    forceNew: true,
    // Socket.IO does not reconnect after the service itself closed the socket, as it does when a
    // token expires. So all reconnecting is done here.
    reconnection: false,
  });
}

function isFinal(error: RinglineError, tokens: Tokens): boolean {
  return !isTransient(error) || (isTokenError(error) && !tokens.renewable);
}

export function createConnection(deps: ConnectionDeps): Connection {
  const { url, tokens, logger } = deps;
  const emitter = createEmitter<ConnectionEvents>(logger);
  const socket = createSocket(url);
  const status = createConnectionStatus(logger);
  const attempts = createConnectAttempts(socket, deps);
  const probe = createProbe(socket, logger);
  const diagnosis = createDiagnosis(url, logger);
  let openedAt = 0;

  const finish = (error: RinglineError) => {
    if (status.state === 'closed') return;
    diagnosis.stop();
    attempts.stop();
    status.close(error);
    socket.disconnect();
  };

  const retry = (refusal?: RinglineError) => {
    if (!attempts.startLater(refusal)) finish(diagnosis.error ?? unreachable('connect'));
  };

  const handleFailure = () => {
    logger.info('connecting to the call service failed');
    void diagnosis.handleFailure(Date.now() - openedAt);
    retry();
  };

  const handleRefusal = async (error: RinglineError) => {
    if (status.state === 'closed') return;
    if (isRateLimited(error)) logger.info('the service refused the connection', { error });
    else emitter.emit('error', error);
    if (isFinal(error, tokens)) return finish(error);
    // A renewal that fails is reported by the next attempt, which asks again.
    if (error.code === 'UNAUTHENTICATED') await tokens.renew().catch(() => undefined);
    retry(error);
  };

  emitter.on('error', ({ message, code }) => logger.warn(message, { code }));
  emitter.forward(diagnosis, 'error');
  emitter.forward(status, 'state');
  attempts.on('failed', handleFailure);
  attempts.on('token_failed', handleRefusal);
  socket.on('connect', () => {
    diagnosis.stop();
    status.set('connected');
  });
  socket.on('disconnect', (reason) => {
    if (status.state === 'closed') return;
    logger.info('connection lost', { reason });
    status.set('reconnecting');
    retry();
  });
  // Only a refusal of the service carries data.
  socket.on('connect_error', ({ data }: Error & { data?: SocketError }) =>
    data === undefined ? handleFailure() : handleRefusal(fromSocketError(data)),
  );

  return {
    on: emitter.on,
    socket,
    get state() {
      return status.state;
    },
    open: () => {
      if (status.state !== 'idle') return;
      openedAt = Date.now();
      status.set('connecting');
      attempts.start();
    },
    waitUntilConnected: (limitMs, purpose) =>
      status.waitUntilConnected(limitMs, () => diagnosis.error ?? unreachable(purpose)),
    reconnectNow: () => {
      if (status.state === 'connected') void probe();
      else attempts.startNow();
    },
    close: () => finish(closed()),
  };
}
