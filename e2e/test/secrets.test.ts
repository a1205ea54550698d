import { randomBytes } from 'node:crypto';
import { attendRoom, closeMedia } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import { io } from 'socket.io-client';
import { type Caddy, startCaddy } from '../caddy.ts';
import { type Secret, secretsIn } from '../secrets.ts';
import { type Stack, startStack } from '../stack.ts';
import { createUser, type User } from '../user.ts';

/*
 * Our processes and our Caddy at the log level debug, with secrets in every place where people and
 * programs put them, rightly or wrongly. No log may contain one.
 */

function random() {
  return randomBytes(24).toString('base64url');
}

/** It looks like no token, so only the comparison can find it. */
const planted: Secret = { name: 'the planted one', value: random() };

let stack: Stack;
let caddy: Caddy;
let secrets: Secret[];

beforeAll(async () => {
  stack = await startStack({
    env: {
      NODE_ENV: 'production',
      LOG_LEVEL: 'debug',
      HOST: '127.0.0.1',
      TURN_URLS: 'turn:127.0.0.1:3478',
      TURN_SECRET: randomBytes(32).toString('base64url'),
    },
  });
  caddy = await startCaddy(stack);
  const [ann, ben] = [
    await createUser(stack, 'ann', caddy.url),
    await createUser(stack, 'ben', caddy.url),
  ];
  secrets = [...secretsOfStack(), ...secretsOfUsers(ann, ben), ...(await call(ann, ben))];
  await misplaceTokens(ann);
  await breakWhatIsAround(ann);
});
afterAll(async () => {
  await closeMedia();
  await caddy.stop();
  await stack.stop();
});

function secretsOfStack(): Secret[] {
  const { AUTH_JWT_SECRET, LIVEKIT_API_SECRET, TURN_SECRET, DATABASE_URL = '' } = stack.env;
  const values = { AUTH_JWT_SECRET, LIVEKIT_API_SECRET, TURN_SECRET };
  const { password } = new URL(DATABASE_URL);
  return [...Object.entries(values), ['the password of Postgres', password] as const].map(
    ([name, value = '']) => ({ name, value }),
  );
}

function secretsOfUsers(...users: User[]): Secret[] {
  return users.map(({ id, token }) => ({ name: `the token of ${id}`, value: token }));
}

/**
 * Makes an ordinary call by REST, sockets and media. Resolves to the secrets that were issued in
 * it.
 */
async function call(ann: User, ben: User): Promise<Secret[]> {
  const device = await ben.connect({ url: caddy.url });
  const { call: started, connection } = await ann.start({ type: 'audio', participantIds: ['ben'] });
  const joined = await ben.join(started.id);
  const url = caddy.url.replace('http', 'ws');
  const seats = [
    await attendRoom({ url, token: connection.token }),
    await attendRoom({ url, token: joined.connection.token }),
  ];
  await until('they are connected', async () => (await ann.call(started.id)).state === 'connected');
  await device.socket.emitWithAck('auth:refresh', { token: ben.token });
  await ann.end(started.id);
  await Promise.all(seats.map((seat) => seat.leave()));
  device.close();
  return [connection, joined.connection].flatMap(({ token, iceServers }) => [
    { name: 'a LiveKit token', value: token },
    ...iceServers.flatMap(({ credential }) =>
      credential ? [{ name: 'a TURN credential', value: credential }] : [],
    ),
  ]);
}

/** Sends almost valid tokens in wrong places. */
async function misplaceTokens({ token }: User): Promise<void> {
  const wrong = `${token}x`;
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${caddy.url}${path}`, init).then((response) => response.text());
  const json = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  await ask(`/api/v1/calls/${token}`, { headers: json });
  await ask(`/api/v1/calls/history?access_token=${token}&cursor=${token}`, { headers: json });
  await ask('/api/v1/calls/start', { headers: { Authorization: `Bearer ${wrong}` } });
  await ask('/api/v1/calls/start', { method: 'POST', headers: json, body: `{"token":"${token}` });
  await ask('/api/v1/calls/start', {
    method: 'POST',
    headers: { ...json, 'Idempotency-Key': token, 'Ringline-Device': token, 'X-Request-Id': token },
    body: JSON.stringify({ token, participantIds: [token] }),
  });
  await ask('/webhooks/livekit', { method: 'POST', headers: { Authorization: wrong } });
  await ask(`/rtc?access_token=${wrong}`, { headers: { Authorization: `Bearer ${wrong}` } });
  await ask('/health', { headers: { Cookie: `token=${token}` } });
  await ask(`/api/v1/calls/stats?x=${planted.value}`, {
    headers: { ...json, 'X-Request-Id': planted.value },
  });
  await sendByMistake({ token: wrong }, []);
  await sendByMistake({ token }, [
    ['auth:refresh', { token: wrong }],
    [token, { token }],
  ]);
}

async function sendByMistake(auth: object, events: [string, object][]): Promise<void> {
  const socket = io(caddy.url, { auth, transports: ['websocket'], reconnection: false });
  const connected = await new Promise((resolve) => {
    socket.on('connect', () => resolve(true));
    socket.on('connect_error', () => resolve(false));
  });
  if (connected) for (const [name, payload] of events) await socket.emitWithAck(name, payload);
  socket.disconnect();
}

/** Provokes errors whose messages contain requests and addresses. */
async function breakWhatIsAround(ann: User): Promise<void> {
  await stack.livekit.kill();
  await expect(ann.start({ type: 'audio', participantIds: ['cleo'] })).rejects.toThrow();
  await stack.redis.kill();
  await until('both have missed Redis', () =>
    [stack.callService, stack.worker].every((one) => one.output().includes('Redis is away')),
  );
  await stack.redis.restart();
  await stack.livekit.restart();
}

function logs() {
  return {
    'the call service': stack.callService.output(),
    'the cleanup worker': stack.worker.output(),
    Caddy: caddy.output(),
  };
}

test('no log contains a secret', () => {
  expect(secrets.length).toBeGreaterThanOrEqual(9);
  for (const [whose, log] of Object.entries(logs())) {
    expect(log.split('\n').length).toBeGreaterThan(2);
    expect({ whose, found: secretsIn(log, secrets) }).toEqual({ whose, found: [] });
  }
});

test('the scan finds a planted secret in the logs of both processes that met it', () => {
  const { 'the call service': ours, Caddy: proxy } = logs();
  for (const log of [ours, proxy]) expect(secretsIn(log, [planted])).toEqual([planted.name]);
  expect(secretsIn(ours, [{ ...planted, value: random() }])).toEqual([]);
});

test.each([
  ['as it is', (value: string) => value],
  ['cut off', (value: string) => `${value.slice(0, 24)}…`],
  ['without its beginning', (value: string) => value.slice(-30)],
  ['in a URL', (value: string) => encodeURIComponent(`/${value}`)],
  ['in base64', (value: string) => Buffer.from(value).toString('base64')],
  ['in hexadecimal digits', (value: string) => Buffer.from(value).toString('hex')],
])('the scan would find each secret in a log, %s', (_how, write) => {
  for (const secret of secrets) {
    const line = JSON.stringify({ message: 'a line', field: write(secret.value) });
    expect(secretsIn(`${logs().Caddy}\n${line}`, secrets)).toContain(secret.name);
  }
});
