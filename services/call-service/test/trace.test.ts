import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BASE_PATH } from '@ringline/contract';
import { until } from '@ringline/testing/until';
import request from 'supertest';
import { connectDevice } from './device.ts';
import { setUpStack } from './fixture.ts';
import type { Replica } from './stack.ts';
import { createUsers, type User } from './user.ts';

/** A proxy before LiveKit that records the requests to it. */
let replica: Replica;
let liveKitRequests: { path: string; headers: IncomingHttpHeaders }[];
let traces = 0;

const listener = createServer((incoming, answer) => {
  const { method = 'POST', url: path = '/', headers } = incoming;
  liveKitRequests.push({ path, headers });
  const { authorization = '', 'content-type': type = '' } = headers;
  const passed = async () => {
    const body = Buffer.concat(await incoming.toArray());
    const init = { method, body, headers: { authorization, 'content-type': type } };
    const answered = await fetch(stack.livekit.url + path, init);
    answer.writeHead(answered.status, { 'content-type': 'application/json' });
    answer.end(await answered.text());
  };
  passed().catch(() => answer.destroy());
});

const stack = setUpStack();
afterAll(() => {
  listener.close();
});

beforeAll(async () => {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  replica = await stack.startReplica({ LIVEKIT_URL: `http://127.0.0.1:${port}` });
});
beforeEach(() => {
  liveKitRequests = [];
});

function newTrace() {
  traces += 1;
  const traceId = String(traces).padStart(32, 'a');
  return {
    traceId,
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: 'vendor=1' },
    handedOn: expect.stringMatching(new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)\\w{16}-01$`)),
  };
}

function linesWith(field: string, value: string): Record<string, unknown>[] {
  return stack
    .log()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter((line) => line[field] === value);
}

function start(caller: User, callee: User, headers: Record<string, string>, on = replica) {
  return request(on.url)
    .post(`${BASE_PATH}/calls/start`)
    .auth(caller.token, { type: 'bearer' })
    .set(headers)
    .send({ type: 'audio', participantIds: [callee.id] });
}

test('a trace is returned to the client, logged on every line of its request, and sent to LiveKit', async () => {
  const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
  const trace = newTrace();
  const answer = await start(ann, ben, trace.headers);
  expect(answer.status).toBe(201);
  expect(answer.headers).toMatchObject({ traceparent: trace.handedOn, tracestate: 'vendor=1' });

  const requestId = answer.headers['x-request-id'] as string;
  await until('the last line', () =>
    linesWith('requestId', requestId).some(({ message }) => message === 'request answered'),
  );
  const messages = linesWith('requestId', requestId).map(({ message }) => message);
  expect(messages).toEqual(expect.arrayContaining(['call:started', 'call:state_changed']));
  expect(linesWith('traceId', trace.traceId)).toEqual(linesWith('requestId', requestId));

  expect(liveKitRequests).toMatchObject([
    {
      path: '/twirp/livekit.RoomService/CreateRoom',
      headers: { traceparent: trace.handedOn, tracestate: 'vendor=1' },
    },
  ]);
});

test('requests to LiveKit after the answer are part of the trace as well', async () => {
  const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
  const { body } = await start(ann, ben, {});
  const trace = newTrace();
  await request(replica.url)
    .post(`${BASE_PATH}/calls/${body.call.id}/end`)
    .auth(ann.token, { type: 'bearer' })
    .set(trace.headers);
  const closing = await until('the room is deleted', () =>
    liveKitRequests.find(({ path }) => path.endsWith('/DeleteRoom')),
  );
  expect(closing.headers).toMatchObject({ traceparent: trace.handedOn });
});

test('an error deep inside is logged with the request and its trace', async () => {
  const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
  const cut = await stack.startReplica({ LIVEKIT_URL: 'http://127.0.0.1:9' });
  const trace = newTrace();
  const answer = await start(ann, ben, trace.headers, cut);
  expect(answer.status).toBe(503);
  expect(linesWith('traceId', trace.traceId)).toContainEqual(
    expect.objectContaining({
      message: 'LiveKit refused a room',
      requestId: answer.headers['x-request-id'],
    }),
  );
});

test('the trace of a socket comes from its handshake', async () => {
  const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
  const trace = newTrace();
  const device = await connectDevice(replica.url, { token: ann.token }, trace.headers);
  const answer = await device.send('call:start', { type: 'audio', participantIds: [ben.id] });
  expect(linesWith('callId', answer.data.call.id)[0]).toMatchObject({ traceId: trace.traceId });
  expect(liveKitRequests[0]?.headers).toMatchObject({ traceparent: trace.handedOn });
  device.close();
});

test.each([
  ['no traceparent', {}],
  ['an invalid traceparent', { traceparent: '00-0-0-01', tracestate: 'vendor=1' }],
])('a request with %s is part of no trace', async (_what, headers) => {
  const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
  const answer = await start(ann, ben, headers);
  expect(answer.status).toBe(201);
  for (const handedOn of [answer.headers, liveKitRequests[0]?.headers]) {
    expect(handedOn).not.toHaveProperty('traceparent');
    expect(handedOn).not.toHaveProperty('tracestate');
  }
  const [line] = linesWith('requestId', answer.headers['x-request-id'] as string);
  expect(line).not.toHaveProperty('traceId', expect.any(String));
});
