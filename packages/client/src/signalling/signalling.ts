import type {
  CallEvent,
  ClientEventName,
  ClientEvents,
  NoticeName,
  Notices,
} from '@ringline/contract';
import { createEmitter, type Subscribable } from '../emitter.ts';
import { unreachable } from '../errors.ts';
import { ANSWER_MS } from './connect-attempts.ts';
import {
  type Connection,
  type ConnectionDeps,
  type ConnectionEvents,
  createConnection,
} from './connection.ts';
import { fromSocketError } from './refusals.ts';
import { type Acknowledgement, type Answers, callEventNames, noticeNames } from './wire.ts';

/** How long a caller waits for a connection or an answer. The client itself goes on trying. */
const PATIENCE_MS = 15_000;

/**
 * The service cannot recognise a second copy of a sample, and the next sample makes up for a lost
 * one. So a sample may be lost, but is never counted twice.
 */
const SENT_ONCE: readonly ClientEventName[] = ['call:quality_update'];

export interface SignallingEvents extends ConnectionEvents, Notices {
  call_event: CallEvent;
}

/** Requests to the service, and its events and notices. */
export interface Signalling
  extends Subscribable<SignallingEvents>,
    Pick<Connection, 'state' | 'reconnectNow' | 'close'> {
  /**
   * Resolves once connected. Rejects with `UNREACHABLE` after 15 s, and goes on trying; or with the
   * reason of the end.
   */
  connect(): Promise<void>;
  /**
   * Resolves to the service's answer, rejects with its refusal. A request that loses its connection
   * is sent again over the next one, for 15 seconds in all: every client event may be repeated,
   * except for quality samples. A connection on which nothing is answered for 8 seconds is dropped.
   */
  request<Name extends ClientEventName>(
    name: Name,
    payload: ClientEvents[Name],
    patienceMs?: number,
  ): Promise<Answers[Name]>;
}

export function createSignalling(deps: ConnectionDeps): Signalling {
  const connection = createConnection(deps);
  const emitter = createEmitter<SignallingEvents>(deps.logger);
  const { socket } = connection;

  emitter.forward(connection, 'state', 'error');
  for (const event of callEventNames) {
    socket.on(event, (payload: object) =>
      emitter.emit('call_event', { ...payload, event } as CallEvent),
    );
  }
  for (const name of noticeNames) {
    socket.on(name, (notice: Notices[NoticeName]) => emitter.emit(name, notice));
  }

  /** Resolves to null where this connection brings no answer. */
  const send = async (
    name: ClientEventName,
    payload: object,
    patienceMs: number,
  ): Promise<Acknowledgement | null> => {
    const { id } = socket;
    try {
      return await socket.timeout(Math.min(patienceMs, ANSWER_MS)).emitWithAck(name, payload);
    } catch (error) {
      deps.logger.debug('no answer', { name, error });
      if (patienceMs >= ANSWER_MS && socket.id === id) socket.disconnect();
      return null;
    }
  };

  const request: Signalling['request'] = async (name, payload, patienceMs = PATIENCE_MS) => {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const left = deadline - Date.now();
      if (left <= 0) throw unreachable(name);
      await connection.waitUntilConnected(left, name);
      // Lost again already: Socket.IO would keep the request for the next connection.
      if (connection.state !== 'connected') continue;
      const answer = await send(name, payload, deadline - Date.now());
      if (answer?.ok === true) return answer.data as Answers[typeof name];
      if (answer?.ok === false) throw fromSocketError(answer.error);
      if (SENT_ONCE.includes(name)) throw unreachable(name);
    }
  };

  return {
    on: emitter.on,
    get state() {
      return connection.state;
    },
    connect: () => {
      connection.open();
      return connection.waitUntilConnected(PATIENCE_MS, 'connect');
    },
    reconnectNow: connection.reconnectNow,
    close: connection.close,
    request,
  };
}
