import { z } from 'zod';
import { findActOfEvent } from './acts.ts';
import { type ClientEventName, clientEvents } from './client-events.ts';
import { socketError } from './errors.ts';
import { callEvents, notices } from './events.ts';
import { API_VERSION } from './operation.ts';

type Schema = Record<string, unknown>;
type Schemas = Record<string, Schema>;

const DEFINITIONS = '#/definitions/';
const COMPONENTS = '#/components/schemas/';

/** JSON Schema puts shared schemas into each schema. AsyncAPI has one place for them. */
function relocate(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(relocate);
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) =>
      key === '$ref' && typeof value === 'string'
        ? [key, value.replace(DEFINITIONS, COMPONENTS)]
        : [key, relocate(value)],
    ),
  );
}

function toSchema(schema: z.ZodType, io: 'input' | 'output', shared: Schemas): Schema {
  const { $schema, definitions, ...own } = z.toJSONSchema(schema, { target: 'draft-7', io });
  Object.assign(shared, relocate(definitions ?? {}));
  return relocate(own) as Schema;
}

/** Keys of components must not contain colons. */
function toComponentKey(name: string): string {
  return name.replaceAll(':', '.');
}

const acknowledgement = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), data: z.unknown() }),
  z.object({ ok: z.literal(false), error: socketError }),
]);

interface MessageSource {
  name: string;
  act?: string;
  schema: z.ZodType;
  io: 'input' | 'output';
}

const clientMessages: MessageSource[] = Object.entries(clientEvents).map(([name, schema]) => ({
  name,
  act: findActOfEvent(name as ClientEventName),
  schema,
  io: 'input',
}));
const relayPayload = z.looseObject({ callId: z.uuid(), from: z.string() });
const serverMessages: MessageSource[] = [
  // Sockets send the name of an event separately, so its payload omits it.
  ...Object.entries(callEvents).map(([name, schema]) => ({
    name,
    schema: (schema as z.ZodObject).omit({ event: true }),
    io: 'output' as const,
  })),
  ...Object.entries(notices).map(([name, schema]) => ({ name, schema, io: 'output' as const })),
  ...Object.keys(clientEvents)
    .filter((name) => name.startsWith('webrtc:'))
    .map((name) => ({ name, schema: relayPayload, io: 'output' as const })),
];

function toMessages(side: 'client' | 'server', sources: MessageSource[], shared: Schemas) {
  return Object.fromEntries(
    sources.map(({ name, act, schema, io }) => [
      `${side}.${toComponentKey(name)}`,
      { name, payload: toSchema(schema, io, shared), ...(act !== undefined && { 'x-act': act }) },
    ]),
  );
}

function referTo(messages: object, path: string) {
  return Object.keys(messages).map((key) => ({ $ref: `${path}/${key}` }));
}

/** The AsyncAPI 3 document of the Socket.IO interface. */
export function asyncApiDocument() {
  const schemas: Schemas = {};
  const fromClient = toMessages('client', clientMessages, schemas);
  const fromServer = toMessages('server', serverMessages, schemas);
  const acknowledged = {
    acknowledgement: {
      name: 'acknowledgement',
      payload: toSchema(acknowledgement, 'output', schemas),
    },
  };
  const messages = { ...fromClient, ...fromServer, ...acknowledged };
  const channel = '#/channels/socket';
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Ringline',
      version: API_VERSION,
      description:
        'Socket.IO 4 at `/socket.io`, WebSocket only. The handshake carries `auth: { token, deviceId? }`. If a connection is refused ' +
        'because of its token, Origin or device id, the reason is in `connect_error.data`, a `SocketError`. ' +
        'Every client event is acknowledged. `x-act` names the act of an event. The operation with the same `x-act` in ' +
        '`/openapi.json` does the same.',
    },
    defaultContentType: 'application/json',
    channels: {
      socket: {
        address: '/socket.io',
        messages: Object.fromEntries(
          Object.keys(messages).map((key) => [key, { $ref: `#/components/messages/${key}` }]),
        ),
      },
    },
    operations: {
      receiveFromClient: {
        action: 'receive',
        channel: { $ref: channel },
        messages: referTo(fromClient, `${channel}/messages`),
        reply: {
          channel: { $ref: channel },
          messages: referTo(acknowledged, `${channel}/messages`),
        },
      },
      sendToClient: {
        action: 'send',
        channel: { $ref: channel },
        messages: referTo(fromServer, `${channel}/messages`),
      },
    },
    components: { messages, schemas },
  };
}
