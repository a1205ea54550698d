import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import { type ErrorCode, errorTable, getHttpStatus } from './error-table.ts';
import { problem } from './errors.ts';
import { deviceId, idempotencyKey, userId } from './identity.ts';
import {
  API_VERSION,
  BASE_PATH,
  listRefusals,
  type Operation,
  operations,
  takesIdempotencyKey,
} from './operations.ts';

const ENCODED = 'Percent-encoded UTF-8.';

const everyRequest = {
  'Ringline-Device': deviceId.optional().meta({
    description: `The device that asks, as \`auth.deviceId\` of its socket. ${ENCODED}`,
  }),
  'Ringline-User': userId.optional().meta({
    description: `Whom a \`service\` acts as; from any other role it is refused. ${ENCODED}`,
  }),
  'Ringline-User-Name': z
    .string()
    .optional()
    .meta({
      description: `With \`Ringline-User\`: the name that the others are shown, cut at 128. ${ENCODED}`,
    }),
  'Ringline-User-Picture': z
    .string()
    .optional()
    .meta({
      description: `With \`Ringline-User\`: the address of the picture that the others are shown. ${ENCODED}`,
    }),
};

const answerHeaders = {
  'X-Request-Id': {
    description: "The asker's own where it is a harmless one, else a new one.",
    schema: { type: 'string' },
  },
} as const;

const problemBody = { 'application/problem+json': { schema: problem } };

function refusalAnswers(codes: readonly ErrorCode[]) {
  const statuses = [...new Set(codes.map(getHttpStatus))];
  const withStatus = (status: number) => codes.filter((code) => getHttpStatus(code) === status);
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      {
        description: withStatus(status)
          .map((code) => `\`${code}\`: ${errorTable[code].title}.`)
          .join(' '),
        headers:
          status === 429 || status === 503
            ? { ...answerHeaders, 'Retry-After': { schema: { type: 'integer' as const } } }
            : answerHeaders,
        content: problemBody,
      },
    ]),
  );
}

const DESCRIPTIONS: Readonly<Record<number, string>> = { 200: 'Done', 201: 'Created' };

function successAnswers({ answers }: Operation) {
  return Object.fromEntries(
    Object.entries(answers).map(([status, schema]) => [
      status,
      {
        description: DESCRIPTIONS[Number(status)] ?? 'Success',
        headers: answerHeaders,
        content: { 'application/json': { schema } },
      },
    ]),
  );
}

function documented(name: string, operation: Operation): ZodOpenApiOperationObject {
  const { summary, description, access, params, query, body } = operation;
  const header = takesIdempotencyKey(operation)
    ? { ...everyRequest, 'Idempotency-Key': idempotencyKey.optional() }
    : everyRequest;
  return {
    operationId: name,
    summary,
    ...(description !== undefined && { description }),
    tags: [access === 'operator' ? 'Operators' : 'Calls'],
    requestParams: {
      header: z.object(header),
      ...(params !== undefined && { path: params }),
      ...(query !== undefined && { query }),
    },
    ...(body !== undefined && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: { 'application/json': { schema: body } },
      },
    }),
    responses: { ...successAnswers(operation), ...refusalAnswers(listRefusals(operation)) },
  };
}

function paths() {
  const all: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    all[path] = { ...all[path], [operation.method]: documented(name, operation) };
  }
  return all;
}

/** The OpenAPI 3.1 document of the REST interface. */
export function openApiDocument() {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Ringline',
      version: API_VERSION,
      description:
        'Calls for a host app: ringing on every device, accept, decline, groups of up to eight, history, and ' +
        'tokens for the media, which LiveKit carries. Events come by Socket.IO: see `/asyncapi.json`. Requests that a call needs ' +
        'have rate limits of their own, apart from reading history, statistics and quality.',
    },
    servers: [{ url: BASE_PATH }],
    security: [{ token: [] }],
    tags: [
      { name: 'Calls', description: 'For one who acts as a user.' },
      { name: 'Operators', description: 'For `admin`, and for a `service` that acts for nobody.' },
    ],
    paths: paths(),
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'Signed by the host app: `sub`, `exp` (at most 31 days from now), `name?`, `picture?`, and the role (`service` or `admin`) ' +
            'in `scope`, or in the claim that `AUTH_ROLE_CLAIM` names. `detail` of a 401 says what is wrong with a token.',
        },
      },
    },
  });
}
