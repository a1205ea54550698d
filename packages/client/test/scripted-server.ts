import { EventEmitter, once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClientEventName, ErrorCode, SocketError } from '@ringline/contract';
import { Server, type Socket } from 'socket.io';

/** Thrown by an answer: the service's refusal. */
export class Refused extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

type Answer = (payload: Record<string, unknown>) => unknown;

/**
 * A call service that says what the test says, over a real socket: to send events out of order, twice or
 * not at all, and to lose connections at chosen moments.
 */
export interface ScriptedServer {
  url: string;
  /** What it answers; an event without an answer is left hanging. */
  answers: Partial<Record<ClientEventName, Answer>>;
  /** Answers REST. */
  http: RequestListener;
  /** Refuses a handshake by returning a code, or more of a refusal. */
  admit: (auth: Record<string, unknown>) => ErrorCode | Partial<SocketError> | null;
  /** The handshakes that were admitted. */
  handshakes: Record<string, unknown>[];
  /** How often each event was asked for. */
  count(name: ClientEventName): number;
  /** The payload of the next such request. */
  next(name: ClientEventName): Promise<Record<string, unknown>>;
  nextHandshake(): Promise<void>;
  send(name: string, payload: object): void;
  dropSockets(): void;
  close(): Promise<void>;
}

const notFound: RequestListener = (_request, response) => {
  response.writeHead(404, { 'Content-Type': 'application/problem+json' });
  response.end(JSON.stringify({ code: 'CALL_NOT_FOUND', detail: 'none', requestId: 'r1' }));
};

export async function startScriptedServer(): Promise<ScriptedServer> {
  const http = createServer((request, response) => script.http(request, response));
  const sockets = new Server(http, { transports: ['websocket'], serveClient: false });
  const requests = new EventEmitter();
  const counts = new Map<string, number>();

  const answer = async (name: ClientEventName, payload: Record<string, unknown>) => {
    const give = script.answers[name];
    if (give === undefined) return undefined;
    try {
      return { ok: true, data: (await give(payload)) ?? null };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { code } = error;
      return { ok: false, error: { code, message: `refused: ${code}`, requestId: 'r1' } };
    }
  };

  sockets.use((socket, next) => {
    const refusal = script.admit(socket.handshake.auth);
    if (refusal === null) return next();
    const data = typeof refusal === 'string' ? { code: refusal } : refusal;
    next(Object.assign(new Error(data.code), { data }));
  });
  sockets.on('connection', (socket: Socket) => {
    script.handshakes.push(socket.handshake.auth);
    requests.emit('handshake');
    socket.onAny(async (name: ClientEventName, payload, acknowledge) => {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      const said = await answer(name, payload);
      requests.emit(name, payload);
      if (said !== undefined) acknowledge(said);
    });
  });

  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const script: ScriptedServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    answers: { 'call:sync': () => ({ calls: [] }) },
    http: notFound,
    admit: () => null,
    handshakes: [],
    count: (name) => counts.get(name) ?? 0,
    next: async (name) => (await once(requests, name))[0],
    nextHandshake: async () => {
      await once(requests, 'handshake');
    },
    send: (name, payload) => void sockets.emit(name, payload),
    dropSockets: () => void sockets.disconnectSockets(true),
    close: async () => {
      await sockets.close();
    },
  };
  return script;
}
