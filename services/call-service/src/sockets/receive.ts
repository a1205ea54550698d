import { randomUUID } from 'node:crypto';
import { type ClientEventName, clientEvents } from '@ringline/contract';
import type { Logger } from '@ringline/platform';
import { type Answer, invalidBy, refused } from '../answer.ts';
import { refusalOfFault } from '../faults.ts';
import type { UserAsker } from '../identity/asker.ts';
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

const isKnown = (name: string): name is ClientEventName => Object.hasOwn(clientEvents, name);

const askerOf = ({ data }: RinglineSocket, requestId: string, receivedAt: number): UserAsker => ({
  person: data.person,
  scope: 'user',
  subject: data.person.userId,
  deviceId: data.deviceId,
  requestId,
  traceId: null,
  receivedAt,
});

const answerTo = async (
  handlers: ClientEventHandlers,
  socket: RinglineSocket,
  name: string,
  payload: unknown,
  requestId: string,
  receivedAt: number,
): Promise<Answer<object>> => {
  if (!isKnown(name)) return refused('VALIDATION_FAILED', 'There is no such event.');
  const parsed = clientEvents[name].safeParse(payload);
  if (!parsed.success) return invalidBy(parsed.error);
  const handle = handlers[name] as Checked;
  return handle(askerOf(socket, requestId, receivedAt), parsed.data, socket);
};

/**
 * Answers one client event: by its acknowledgement, or where it came without one, by a notice of the refusal.
 * Never rejects.
 */
export const createReceive =
  (handlers: ClientEventHandlers, logger: Logger) =>
  async (socket: RinglineSocket, name: string, args: unknown[]): Promise<void> => {
    const receivedAt = performance.now();
    const requestId = randomUUID();
    const acknowledge =
      typeof args.at(-1) === 'function' ? (args.at(-1) as Acknowledge) : undefined;
    const payload = args[0] === acknowledge ? {} : (args[0] ?? {});
    const { userId } = socket.data.person;
    const answer = await answerTo(handlers, socket, name, payload, requestId, receivedAt).catch(
      (error: unknown) => ({
        refusal: refusalOfFault(logger, error, { event: name, requestId, userId }),
      }),
    );
    logger.debug('client event answered', {
      event: isKnown(name) ? name : 'unknown',
      requestId,
      userId,
      ...(answer.refusal !== null && { code: answer.refusal.code }),
    });
    if (answer.refusal === null) return acknowledge?.({ ok: true, data: answer.data });
    const { code, message } = answer.refusal;
    if (acknowledge) acknowledge({ ok: false, error: socketErrorOf(answer.refusal, requestId) });
    else socket.emit('call:error', { code, message, event: name });
  };
