import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import { findActOfOperation } from './acts.ts';
import { type ErrorCode, errorTable, getHttpStatus } from './error-table.ts';
import { problem } from './errors.ts';
import { deviceId, idempotencyKey, userId } from './identity.ts';
import {
  API_VERSION,
  BASE_PATH,
  getPaths,
  listRefusals,
  type Operation,
  takesIdempotencyKey,
} from './operation.ts';
import { type OperationName, operations } from './operations.ts';

const ENCODED = 'Percent-encoded UTF-8.';

const everyRequest = {
  'Ringline-Device': deviceId.optional().meta({
    description: `The device that sends the request: the same id as \`auth.deviceId\` of its socket. ${ENCODED}`,
  }),
  'Ringline-User': userId.optional().meta({
    description: `The user that a \`service\` acts as. For any other role the request is refused. ${ENCODED}`,
  }),
  'Ringline-User-Name': z
    .string()
    .optional()
    .meta({
      description: `With \`Ringline-User\`: the name that other users see, cut to 128 characters. ${ENCODED}`,
    }),
  'Ringline-User-Picture': z
    .string()
    .optional()
    .meta({
      description: `With \`Ringline-User\`: the URL of the picture that other users see. ${ENCODED}`,
    }),
};

const answerHeaders = {
  'X-Request-Id': {
    description: "The request's own id if it is valid, otherwise a new id.",
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

function toDocumented(name: OperationName, operation: Operation): ZodOpenApiOperationObject {
  const { summary, description, access, params, query, body } = operation;
  const header = takesIdempotencyKey(operation)
    ? { ...everyRequest, 'Idempotency-Key': idempotencyKey.optional() }
    : everyRequest;
  return {
    operationId: name,
    'x-act': findActOfOperation(name),
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
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    const documented = toDocumented(name as OperationName, operation);
    const [current = '', deprecated] = getPaths(operation).map((path) =>
      path.replaceAll(/:(\w+)/g, '{$1}'),
    );
    all[current] = { ...all[current], [operation.method]: documented };
    if (deprecated !== undefined) {
      const alias = { ...documented, operationId: `${name}Deprecated`, deprecated: true };
      all[deprecated] = { ...all[deprecated], [operation.method]: alias };
    }
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
        'tokens for LiveKit, which carries the media. Events are sent by Socket.IO: see `/asyncapi.json`. Requests that a call ' +
        'needs have their own rate limits, separate from history, statistics and quality. An unknown address is refused with ' +
        '`NOT_FOUND` (404), an unsupported method with `METHOD_NOT_ALLOWED` (405) and `Allow`.',
    },
    servers: [{ url: BASE_PATH }],
    security: [{ token: [] }],
    tags: [
      { name: 'Calls', description: 'Requests that act as a user.' },
      {
        name: 'Operators',
        description: 'Requests of an `admin`, or of a `service` that acts for no user.',
      },
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
            'in `scope`, or in the claim that `AUTH_ROLE_CLAIM` names. The `detail` of a 401 says what is wrong with the token.',
        },
      },
    },
  });
}
