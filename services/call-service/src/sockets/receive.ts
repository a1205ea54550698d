import { type ClientEventName, clientEvents } from '@ringline/contract';
import { inRequest, type Logger, type Metrics, requestContext } from '@ringline/platform';
import { type Answer, invalidBy, type Refused, reasonOf, refused } from '../answer.ts';
import { refusalOfFault } from '../faults.ts';
import type { UserAsker } from '../identity/asker.ts';
import { tooMany } from '../limits/ask-redis.ts';
import type { Excess, SocketAllowance } from '../limits/socket-allowance.ts';
import type { ClientEventHandlers } from './client-events.ts';
import { socketErrorOf } from './handshake.ts';
import type { RinglineSocket } from './io.ts';

/** A handler whose payload was checked against its event's schema, which types cannot follow. */
type Checked = (
  asker: UserAsker,
  payload: unknown,
  socket: RinglineSocket,
) => Promise<Answer<object>>;

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
function contextOf({ handshake: { headers } }: RinglineSocket) {
  return requestContext({ traceparent: headers.traceparent, tracestate: headers.tracestate });
}

async function handle(
  handlers: ClientEventHandlers,
  socket: RinglineSocket,
  { name, payload }: Received,
  context: Pick<UserAsker, 'requestId' | 'traceId' | 'receivedAt'>,
): Promise<Answer<object>> {
  if (!isKnown(name)) return refused('VALIDATION_FAILED', 'There is no such event.');
  const parsed = clientEvents[name].safeParse(payload);
  if (!parsed.success) return invalidBy(parsed.error);
  const { person, deviceId } = socket.data;
  const asker: UserAsker = {
    person,
    scope: 'user',
    subject: person.userId,
    deviceId,
    requestId: context.requestId,
    traceId: context.traceId,
    receivedAt: context.receivedAt,
  };
  return (handlers[name] as Checked)(asker, parsed.data, socket);
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

  return (): Refused | null => {
    const excess = allowance.event();
    if (excess === null) return null;
    metrics.rateLimitRefusals.inc({ limit: excess.limit });
    closeIfHopeless(excess);
    return tooMany(excess.limit === 'socket_events' ? 'events' : 'bytes', excess.retryAfterSeconds);
  };
}

function whyRefused({ refusal }: Answer<object>) {
  return refusal === null ? {} : { code: refusal.code, reason: reasonOf(refusal) };
}

/**
 * What answers the events of one socket: by their acknowledgement, or where one came without, by a notice of the
 * refusal. Never rejects.
 */
export function createReceive(socket: RinglineSocket, parts: ReceiveParts) {
  const { handlers, logger } = parts;
  const gate = createGate(socket, parts);

  const respond = ({ name, acknowledge }: Received, answer: Answer<object>, requestId: string) => {
    if (answer.refusal === null) return acknowledge?.({ ok: true, data: answer.data });
    const { code, message } = answer.refusal;
    if (acknowledge) acknowledge({ ok: false, error: socketErrorOf(answer.refusal, requestId) });
    else socket.emit('call:error', { code, message, event: name });
  };

  return async (name: string, args: unknown[]): Promise<void> => {
    const receivedAt = performance.now();
    const received = receivedFrom(name, args);
    const context = contextOf(socket);
    const { requestId } = context;
    const refusal = gate();
    if (refusal !== null) return respond(received, { refusal }, requestId);
    await inRequest(context, async () => {
      const event = isKnown(name) ? name : 'unknown';
      const { userId } = socket.data.person;
      const answer = await handle(handlers, socket, received, { ...context, receivedAt }).catch(
        (error: unknown) => ({ refusal: refusalOfFault(logger, error, { event, userId }) }),
      );
      logger.debug('client event answered', { event, userId, ...whyRefused(answer) });
      respond(received, answer, requestId);
    });
  };
}
