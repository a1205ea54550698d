import { connect } from 'node:net';
import { BASE_PATH, problem } from '@ringline/contract';
import request from 'supertest';
import { setUpStack } from './fixture.ts';
import { createUsers, type User } from './user.ts';

let ann: User;
let ben: User;

const stack = setUpStack();

beforeAll(async () => {
  [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
});

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head';

function ask(method: Method, path: string) {
  return request(stack.replicas[0].url)[method](path).auth(ann.token, { type: 'bearer' });
}

describe('an unknown address', () => {
  test.each([
    ['get', `${BASE_PATH}${'/calls'.repeat(3)}`],
    ['get', `${BASE_PATH}/`],
    ['post', `${BASE_PATH}/CALLS/start`],
    ['delete', `${BASE_PATH}/nothing`],
    ['get', '/nothing'],
    ['get', '/docs/nothing'],
  ] as [Method, string][])('%s %s returns NOT_FOUND', async (method, path) => {
    const { status, body } = await ask(method, path);
    expect([status, body.code]).toEqual([404, 'NOT_FOUND']);
    expect(problem.parse(body)).toEqual(body);
  });

  test('returns UNAUTHENTICATED without a token', async () => {
    const { status } = await request(stack.replicas[0].url).get(`${BASE_PATH}/nothing`);
    expect(status).toBe(401);
  });

  test('is logged as NOT_FOUND when a WebSocket is requested', async () => {
    const { hostname, port } = new URL(stack.replicas[0].url);
    const socket = connect(Number(port), hostname);
    const head = ['GET /ws HTTP/1.1', 'Host: ringline', 'Connection: Upgrade'];
    socket.write(
      [...head, 'Upgrade: websocket', 'X-Request-Id: wrong-address', '', ''].join('\r\n'),
    );
    const answer = (await socket.toArray()).join('');
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(stack.refusalOf('wrong-address')).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('an address with other methods', () => {
  const id = '01890000-0000-7000-8000-000000000000';
  test.each([
    ['delete', `${BASE_PATH}/calls`, 'GET, HEAD, POST'],
    ['get', `${BASE_PATH}/calls/start`, 'POST'],
    ['head', `${BASE_PATH}/calls/start`, 'POST'],
    ['put', `${BASE_PATH}/calls/start`, 'POST'],
    ['delete', `${BASE_PATH}/calls/history`, 'GET, HEAD'],
    ['post', `${BASE_PATH}/calls/${id}`, 'GET, HEAD'],
    ['patch', `${BASE_PATH}/calls/${id}/quality`, 'GET, HEAD, POST'],
    ['get', `${BASE_PATH}/calls/${id}/participants/ben`, 'DELETE'],
    ['post', '/health', 'GET, HEAD'],
    ['put', '/ready', 'GET, HEAD'],
    ['delete', '/openapi.json', 'GET, HEAD'],
    ['post', '/asyncapi.json', 'GET, HEAD'],
    ['post', '/docs/', 'GET, HEAD'],
    ['get', '/webhooks/livekit', 'POST'],
  ] as [Method, string, string][])('%s %s lists them', async (method, path, allow) => {
    const { status, body, headers } = await ask(method, path);
    expect([status, headers.allow]).toEqual([405, allow]);
    if (method === 'head') return;
    expect(problem.parse(body)).toEqual(body);
    expect(body.code).toBe('METHOD_NOT_ALLOWED');
  });

  test('answers HEAD where it answers GET', async () => {
    expect((await ask('head', `${BASE_PATH}/calls/active`)).status).toBe(200);
  });

  test('does not list them without a token', async () => {
    const answer = await request(stack.replicas[0].url).put(`${BASE_PATH}/calls/history`);
    expect([answer.status, answer.headers.allow]).toEqual([401, undefined]);
  });
});

test('POST /calls starts a call, as POST /calls/start does', async () => {
  const body = { type: 'audio', participantIds: [ben.id] };
  const first = await ann.ask('post', '/calls', { body, key: 'k' });
  expect(first).toMatchObject({ status: 201, body: { call: { state: 'ringing' } } });
  const repeated = await ann.ask('post', '/calls/start', { body, key: 'k' });
  expect(repeated).toMatchObject({ status: 201, body: { call: { id: first.body.call.id } } });
  const { body: document } = await request(stack.replicas[0].url).get('/openapi.json');
  expect(document.paths['/calls'].post).not.toHaveProperty('deprecated');
  expect(document.paths['/calls/start'].post).toMatchObject({ deprecated: true });
});
