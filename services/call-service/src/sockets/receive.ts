import { type ClientEventName, clientEvents } from '@ringline/contract';
import { inRequest, type Logger, type Metrics, requestContext } from '@ringline/platform';
import { toFaultRefusal } from '../faults.ts';
import type { UserPrincipal } from '../identity/principal.ts';
import { tooMany } from '../limits/ask-redis.ts';
import type { Excess, SocketAllowance } from '../limits/socket-allowance.ts';
import { describeRefusal, invalidBy, type Refusal, type Result, refused } from '../result.ts';
import type { ClientEventHandlers } from './client-events.ts';
import { toSocketError } from './handshake.ts';
import type { RinglineSocket } from './io.ts';

/** A handler whose payload was checked against its event's schema, which types cannot follow. */
type Checked = (
  principal: UserPrincipal,
  payload: unknown,
  socket: RinglineSocket,
) => Promise<Result<object>>;

type Acknowledge = (answer: object) => void;

interface ReceiveParts {
  handlers: ClientEventHandlers;
  logger: Logger;
  metrics: Metrics;
  createAllowance: () => SocketAllowance;
}

/** An event, and how its sender wants to be answered. */
interface Received {
  name: string;
  payload: unknown;
  acknowledge: Acknowledge | undefined;
}

function isKnown(name: string): name is ClientEventName {
  return Object.hasOwn(clientEvents, name);
}

function receivedFrom(name: string, args: unknown[]): Received {
  const last = args.at(-1);
  const acknowledge = typeof last === 'function' ? (last as Acknowledge) : undefined;
  const payload = args[0] === acknowledge ? {} : (args[0] ?? {});
  return { name, payload, acknowledge };
}

/** Headers come once, with the handshake: all that a socket sends is part of the trace that they name. */
function createContext({ handshake: { headers } }: RinglineSocket) {
  return requestContext({ traceparent: headers.traceparent, tracestate: headers.tracestate });
}

async function handle(
  handlers: ClientEventHandlers,
  socket: RinglineSocket,
  { name, payload }: Received,
  context: Pick<UserPrincipal, 'requestId' | 'traceId' | 'receivedAt'>,
): Promise<Result<object>> {
  if (!isKnown(name)) return refused('VALIDATION_FAILED', 'There is no such event.');
  const parsed = clientEvents[name].safeParse(payload);
  if (!parsed.success) return invalidBy(parsed.error);
  const { person, deviceId } = socket.data;
  const principal: UserPrincipal = {
    person,
    scope: 'user',
    subject: person.userId,
    deviceId,
    requestId: context.requestId,
    traceId: context.traceId,
    receivedAt: context.receivedAt,
  };
  return (handlers[name] as Checked)(principal, parsed.data, socket);
}

/** Why the socket must not send anything just now. One that does not stop in spite of that is closed. */
function createGate(socket: RinglineSocket, parts: ReceiveParts) {
  const { logger, metrics } = parts;
  const allowance = parts.createAllowance();
  const { conn, data } = socket;

  const closeIfHopeless = (excess: Excess | null): void => {
    if (!excess?.hopeless || !socket.connected) return;
    const { limit } = excess;
    logger.warn('a socket that sent too much was closed', { userId: data.person.userId, limit });
    socket.disconnect(true);
  };
  const count = (message: string | Buffer): void =>
    closeIfHopeless(allowance.receive(Buffer.byteLength(message)));
  conn.on('data', count);
  socket.on('disconnect', () => conn.off('data', count));

  return (): Refusal | null => {
    const excess = allowance.event();
    if (excess === null) return null;
    metrics.rateLimitRefusals.inc({ limit: excess.limit });
    closeIfHopeless(excess);
    return tooMany(excess.limit === 'socket_events' ? 'events' : 'bytes', excess.retryAfterSeconds);
  };
}

function whyRefused({ refusal }: Result<object>) {
  return refusal === null ? {} : { code: refusal.code, reason: describeRefusal(refusal) };
}

/**
 * What answers the events of one socket: by their acknowledgement, or where one came without, by a notice of the
 * refusal. Never rejects.
 */
export function createReceive(socket: RinglineSocket, parts: ReceiveParts) {
  const { handlers, logger } = parts;
  const gate = createGate(socket, parts);

  const respond = ({ name, acknowledge }: Received, answer: Result<object>, requestId: string) => {
    if (answer.refusal === null) return acknowledge?.({ ok: true, data: answer.data });
    const { code, message } = answer.refusal;
    if (acknowledge) acknowledge({ ok: false, error: toSocketError(answer.refusal, requestId) });
    else socket.emit('call:error', { code, message, event: name });
  };

  return async (name: string, args: unknown[]): Promise<void> => {
    const receivedAt = performance.now();
    const received = receivedFrom(name, args);
    const context = createContext(socket);
    const { requestId } = context;
    const refusal = gate();
    if (refusal !== null) return respond(received, { refusal }, requestId);
    await inRequest(context, async () => {
      const event = isKnown(name) ? name : 'unknown';
      const { userId } = socket.data.person;
      const answer = await handle(handlers, socket, received, { ...context, receivedAt }).catch(
        (error: unknown) => ({ refusal: toFaultRefusal(logger, error, { event, userId }) }),
      );
      logger.debug('client event answered', { event, userId, ...whyRefused(answer) });
      respond(received, answer, requestId);
    });
  };
}
