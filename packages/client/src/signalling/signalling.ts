import type {
  CallEvent,
  ClientEventName,
  ClientEvents,
  NoticeName,
  Notices,
} from '@ringline/contract';
import { fromSocketError, unreachable } from '../errors.ts';
import {
  ANSWER_MS,
  createReconnectingSocket,
  type ReconnectingSocket,
  type ReconnectingSocketDeps,
} from './connection.ts';
import { type Acknowledgement, type Answers, allCallEvents, allNotices } from './wire.ts';

/** For a connection, and for an answer over it. The client itself goes on trying after it. */
const PATIENCE_MS = 15_000;

/**
 * A sample has no id by which the service would recognise a second copy, and the next one makes up for it: it is lost
 * rather than counted twice.
 */
const SENT_ONCE: readonly ClientEventName[] = ['call:quality_update'];

export interface SignallingDeps extends ReconnectingSocketDeps {
  onEvent(event: CallEvent): void;
  onNotice<Name extends NoticeName>(name: Name, notice: Notices[Name]): void;
}

/** What is said to the service, and what it says. */
export interface Signalling extends Pick<ReconnectingSocket, 'state' | 'wake' | 'close'> {
  /** Resolves once connected. Rejects with `UNREACHABLE` after 15 s, and goes on trying; or with what ended it. */
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
}

export function createSignalling(deps: SignallingDeps): Signalling {
  const connection = createReconnectingSocket(deps);
  const { socket } = connection;

  for (const name of allCallEvents) {
    socket.on(name, (payload: object) => deps.onEvent({ ...payload, event: name } as CallEvent));
  }
  for (const name of allNotices) {
    socket.on(name, (notice: Notices[typeof name]) => deps.onNotice(name, notice));
  }

  /** What is answered over this connection; null where nothing is. */
  const ask = async (
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
      await connection.connected(left, name);
      // Lost again already: socket.io would keep the request for whichever connection comes next.
      if (connection.state !== 'connected') continue;
      const answer = await ask(name, payload, deadline - Date.now());
      if (answer?.ok === true) return answer.data as Answers[typeof name];
      if (answer?.ok === false) throw fromSocketError(answer.error);
      if (SENT_ONCE.includes(name)) throw unreachable(name);
    }
  };

  return {
    get state() {
      return connection.state;
    },
    connect: () => {
      connection.open();
      return connection.connected(PATIENCE_MS, 'connect');
    },
    wake: connection.wake,
    close: connection.close,
    request,
  };
}
