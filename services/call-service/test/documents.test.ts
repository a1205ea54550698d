import { BASE_PATH, getPaths, type Operation, operations } from '@ringline/contract';
import request from 'supertest';
import { setUpStack } from './fixture.ts';
import { createUsers, type User } from './user.ts';

// biome-ignore lint/suspicious/noExplicitAny: documents are read as plain JSON.
type Json = any;

let ann: User;
let openApi: Json;
let asyncApi: Json;

function get(path: string) {
  return request(stack.replicas[0].url).get(path);
}

const stack = setUpStack();

beforeAll(async () => {
  [ann] = (await createUsers(stack, 'ann')) as [User];
  openApi = (await get('/openapi.json')).body;
  asyncApi = (await get('/asyncapi.json')).body;
});

/** Every reference in a document to another part of it. */
function references(node: Json): string[] {
  if (node === null || typeof node !== 'object') return [];
  const own = typeof node.$ref === 'string' ? [node.$ref as string] : [];
  return [...own, ...Object.values(node).flatMap(references)];
}
function resolve(document: Json, reference: string): Json {
  return reference
    .slice(2)
    .split('/')
    .reduce((node, key) => node?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document);
}

test.each(['openApi', 'asyncApi'])('%s: every reference resolves', (which) => {
  const document = which === 'openApi' ? openApi : asyncApi;
  const all = [...new Set(references(document))];
  expect(all.length).toBeGreaterThan(10);
  for (const reference of all) {
    expect(reference).toMatch(/^#\//);
    expect([reference, resolve(document, reference)]).toEqual([reference, expect.anything()]);
  }
});

describe('OpenAPI', () => {
  const each = Object.entries<Operation>(operations);
  const described = ({ path, method }: Operation) =>
    openApi.paths[path.replaceAll(/:(\w+)/g, '{$1}')][method];

  test('has version 3.1 and lists exactly the operations of the contract', () => {
    expect(openApi.openapi).toBe('3.1.0');
    const listed = Object.values<Json>(openApi.paths)
      .flatMap((methods) => Object.values<Json>(methods))
      .filter(({ deprecated }) => !deprecated)
      .map(({ operationId }) => operationId);
    expect(listed.sort()).toEqual(each.map(([name]) => name).sort());
  });

  test.each(each)('%s: has its parameters, body and responses', (_name, operation) => {
    const { parameters, requestBody, responses } = described(operation);
    const inPath = parameters
      .filter((one: Json) => one.in === 'path')
      .map((one: Json) => [one.name, one.required]);
    const wanted = [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => [name, true]);
    expect(inPath).toEqual(wanted);
    expect(requestBody === undefined).toBe(operation.body === undefined);
    const statuses = Object.keys(responses).map(Number);
    expect(statuses).toEqual(expect.arrayContaining(Object.keys(operation.answers).map(Number)));
    expect(statuses).toEqual(expect.arrayContaining([400, 401, 403, 429, 500, 503]));
    const takesKey = parameters.some((one: Json) => one.name === 'Idempotency-Key');
    expect(takesKey).toBe(operation.method === 'post');
  });

  test('names schemas as the standard allows', () => {
    for (const name of Object.keys(openApi.components.schemas)) {
      expect(name).toMatch(/^[a-zA-Z0-9._-]+$/);
    }
    expect(openApi.security).toEqual([{ token: [] }]);
    expect(openApi.components.securitySchemes.token).toMatchObject({
      type: 'http',
      scheme: 'bearer',
    });
  });
});

describe('AsyncAPI', () => {
  test('has version 3 and lists every event and notice of the contract in its direction', () => {
    expect(asyncApi.asyncapi).toBe('3.0.0');
    const names = (operation: string) =>
      asyncApi.operations[operation].messages.map((one: Json) => {
        const channelMessage = resolve(asyncApi, one.$ref);
        return resolve(asyncApi, channelMessage.$ref).name;
      });
    expect(names('receiveFromClient')).toEqual(
      expect.arrayContaining(['call:start', 'call:sync', 'auth:refresh', 'webrtc:offer']),
    );
    expect(names('sendToClient')).toEqual(
      expect.arrayContaining([
        'call:started',
        'call:ended',
        'call:incoming',
        'call:sync',
        'webrtc:offer',
      ]),
    );
    expect(names('sendToClient')).not.toContain('call:start');
  });

  test('shows payloads as they travel: without the name, which the socket carries', () => {
    const { payload } = asyncApi.components.messages['server.call.started'];
    expect(Object.keys(payload.properties).sort()).toEqual(['at', 'call', 'callId', 'seq']);
  });
});

describe('every operation is served', () => {
  const each = Object.entries<Operation>(operations);

  test.each(each)('%s', async (_name, operation) => {
    const path = operation.path.replace(':callId', 'x').replace(':userId', 'y');
    const answer = await ann.ask(operation.method, path, operation.body ? { body: [] } : {});
    expect(answer.body.code).not.toBe('CALL_NOT_FOUND');
    expect([200, 400, 403]).toContain(answer.status);
    const unasked = await request(stack.replicas[0].url)[operation.method](`${BASE_PATH}${path}`);
    expect(unasked.status).toBe(401);
  });

  test('rejects other methods at the same address', async () => {
    const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
    const paths = new Set(each.flatMap(([, operation]) => getPaths(operation)));
    for (const path of paths) {
      const served = each
        .filter(([, operation]) => getPaths(operation).includes(path))
        .map(([, { method }]) => method);
      for (const method of methods.filter((one) => !served.some((other) => other === one))) {
        const there = `${BASE_PATH}${path.replaceAll(/:\w+/g, 'x')}`;
        const answer = await request(stack.replicas[0].url)
          [method](there)
          .auth(ann.token, { type: 'bearer' });
        expect([method, path, answer.status]).toEqual([method, path, 405]);
      }
    }
  });
});

describe('the page', () => {
  test('shows the document offline and within its own content security policy', async () => {
    const page = await get('/docs/');
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toMatch(/script-src 'self'/);
    const linked = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) =>
      String(link),
    );
    expect(linked.length).toBeGreaterThan(3);
    for (const link of linked) {
      expect(link).not.toMatch(/^(https?:)?\/\//);
      const file = await get(new URL(link, 'http://x/docs/').pathname);
      expect([link, file.status]).toEqual([link, 200]);
    }
    expect(page.text).not.toMatch(/<script>/);
    expect((await get('/docs/swagger-initializer.js')).text).toContain("'/openapi.json'");
  });

  test('is also served without the trailing slash', async () => {
    const answer = await get('/docs');
    expect([answer.status, answer.headers.location]).toEqual([301, '/docs/']);
  });
});

describe('CORS', () => {
  test('allows only pages of the host app, which may read the headers they need', async () => {
    const on = await stack.startReplica({ CORS_ORIGINS: 'https://app.example,https://b.example' });
    const preflight = (origin: string) =>
      request(on.url)
        .options(`${BASE_PATH}/calls/start`)
        .set('Origin', origin)
        .set('Access-Control-Request-Method', 'POST')
        .set('Access-Control-Request-Headers', 'authorization,idempotency-key,ringline-device');
    const allowed = await preflight('https://app.example');
    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-headers': 'authorization,idempotency-key,ringline-device',
    });
    expect((await preflight('https://evil.example')).headers).not.toHaveProperty(
      'access-control-allow-origin',
    );
    const refused = await request(on.url)
      .get(`${BASE_PATH}/calls/active`)
      .set('Origin', 'https://b.example');
    expect(refused.status).toBe(401);
    expect(refused.headers).toMatchObject({
      'access-control-allow-origin': 'https://b.example',
      'access-control-expose-headers': 'X-Request-Id,Retry-After,traceparent',
    });
  });
});
