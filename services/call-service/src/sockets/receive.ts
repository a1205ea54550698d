import { type ClientEventName, clientEvents, findActOfEvent, getAccess } from '@ringline/contract';
import type { Refusal } from '@ringline/domain';
import { inRequest, type Logger, type Metrics, requestContext } from '@ringline/platform';
import type { SocketPrincipal } from '../acts/act.ts';
import type { RunAct } from '../acts/table.ts';
import { toFaultRefusal } from '../faults.ts';
import { refuseUnlessPermitted } from '../identity/principal.ts';
import { tooMany } from '../limits/ask-redis.ts';
import type { Excess, SocketAllowance } from '../limits/socket-allowance.ts';
import { describeRefusal, toSocketError } from '../refusal-forms.ts';
import { invalidBy, type Result, refused } from '../result.ts';
import type { RinglineSocket } from './io.ts';

type Acknowledge = (response: object) => void;

interface ReceiveParts {
  runAct: RunAct;
  logger: Logger;
  metrics: Metrics;
  createAllowance: () => SocketAllowance;
}

/** An event with its acknowledgement. */
interface Received {
  name: string;
  payload: unknown;
  acknowledge: Acknowledge | undefined;
}

type Context = Pick<SocketPrincipal, 'requestId' | 'traceId' | 'receivedAt'>;

function isKnown(name: string): name is ClientEventName {
  return Object.hasOwn(clientEvents, name);
}

function parseEvent(name: string, args: unknown[]): Received {
  const last = args.at(-1);
  const acknowledge = typeof last === 'function' ? (last as Acknowledge) : undefined;
  const payload = args[0] === acknowledge ? {} : (args[0] ?? {});
  return { name, payload, acknowledge };
}

/** Only the handshake has headers, so all events of a socket belong to the trace in them. */
function createContext({ handshake: { headers } }: RinglineSocket) {
  return requestContext({ traceparent: headers.traceparent, tracestate: headers.tracestate });
}

function toPrincipal(
  socket: RinglineSocket,
  { requestId, traceId, receivedAt }: Context,
): SocketPrincipal {
  const { person, deviceId } = socket.data;
  const subject = person.userId;
  return { person, scope: 'user', subject, deviceId, requestId, traceId, receivedAt, socket };
}

/** Runs the act of an event. */
async function handle(
  runAct: RunAct,
  socket: RinglineSocket,
  { name, payload }: Received,
  context: Context,
): Promise<Result<object>> {
  if (!isKnown(name)) return refused('VALIDATION_FAILED', 'There is no such event.');
  const input = clientEvents[name].safeParse(payload);
  if (!input.success) return invalidBy(input.error);
  const act = findActOfEvent(name);
  const principal = toPrincipal(socket, context);
  const refusal = refuseUnlessPermitted(principal, getAccess(act));
  return refusal === null ? runAct(act, principal, input.data) : { refusal };
}

/** Refuses events above the limit. Closes a socket that continues to send. */
function createLimitCheck(socket: RinglineSocket, parts: ReceiveParts) {
  const { logger, metrics } = parts;
  const allowance = parts.createAllowance();
  const { conn, data } = socket;

  const closeIfHopeless = (excess: Excess | null): void => {
    if (!excess?.hopeless || !socket.connected) return;
    const { limit } = excess;
    logger.warn('closed a socket that sent too much', { userId: data.person.userId, limit });
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

function describeResult({ refusal }: Result<object>) {
  return refusal === null ? {} : { code: refusal.code, reason: describeRefusal(refusal) };
}

/**
 * Handles the events of one socket and acknowledges them. If an event without an acknowledgement is
 * refused, sends `call:error`. Never rejects.
 */
export function createReceive(socket: RinglineSocket, parts: ReceiveParts) {
  const { runAct, logger } = parts;
  const checkLimit = createLimitCheck(socket, parts);

  const respond = ({ name, acknowledge }: Received, result: Result<object>, requestId: string) => {
    if (result.refusal === null) return acknowledge?.({ ok: true, data: result.data });
    const { code, message } = result.refusal;
    if (acknowledge) acknowledge({ ok: false, error: toSocketError(result.refusal, requestId) });
    else socket.emit('call:error', { code, message, event: name });
  };

  return async (name: string, args: unknown[]): Promise<void> => {
    const receivedAt = performance.now();
    const received = parseEvent(name, args);
    const context = createContext(socket);
    const { requestId } = context;
    const refusal = checkLimit();
    if (refusal !== null) return respond(received, { refusal }, requestId);
    await inRequest(context, async () => {
      const event = isKnown(name) ? name : 'unknown';
      const { userId } = socket.data.person;
      const result = await handle(runAct, socket, received, { ...context, receivedAt }).catch(
        (error: unknown) => ({ refusal: toFaultRefusal(logger, error, { event, userId }) }),
      );
      logger.debug('client event answered', { event, userId, ...describeResult(result) });
      respond(received, result, requestId);
    });
  };
}
