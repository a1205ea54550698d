import { request } from 'node:http';
import { attendRoom, closeMedia } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import { type Caddy, startCaddy } from '../caddy.ts';
import { type Stack, startStack } from '../stack.ts';
import { createUser, type InCall, type User } from '../user.ts';

/*
 * docker/Caddyfile as it is shipped, in a real Caddy: what is reachable from outside, and who can
 * join LiveKit.
 */

let stack: Stack;
let caddy: Caddy;
let ann: User;
let ben: User;
let cleo: User;
/** A group call of Ann, the host, with Ben, who is in it, and Cleo, who is still ringing. */
let bens: InCall;

beforeAll(async () => {
  stack = await startStack();
  caddy = await startCaddy(stack);
  [ann, ben, cleo] = await Promise.all([
    createUser(stack, 'ann', caddy.url),
    createUser(stack, 'ben', caddy.url),
    createUser(stack, 'cleo', caddy.url),
  ]);
  const { call } = await ann.start({ type: 'audio', participantIds: [ben.id, cleo.id] });
  bens = await ben.join(call.id);
});
afterAll(async () => {
  await closeMedia();
  await caddy.stop();
  await stack.stop();
});

function enter({ token }: { token: string }, url = caddy.url) {
  return attendRoom({ url: url.replace('http', 'ws'), token });
}

/** livekit-client sends this after a failed join, to learn the reason. */
async function validate(token: string, url = caddy.url) {
  const response = await fetch(`${url}/rtc/validate?access_token=${token}`, {
    headers: { Origin: 'https://app.example.com' },
  });
  await response.text();
  return {
    status: response.status,
    origin: response.headers.get('Access-Control-Allow-Origin'),
  };
}

test('devices connect and calls go through Caddy', async () => {
  const device = await ben.connect({ url: caddy.url });
  expect(device.heard.map(({ name }) => name)).toContain('call:sync');
  device.close();
  expect((await validate(bens.connection.token)).status).toBe(200);
  const seat = await enter(bens.connection);
  await until('Ben is in the call', async () =>
    (await ben.call(bens.call.id)).participants.some(
      ({ userId, state }) => userId === ben.id && state === 'joined',
    ),
  );
  await seat.leave();
});

test('a user who was removed stays out, and browsers can read why', async () => {
  const { connection } = await cleo.join(bens.call.id);
  const seat = await enter(connection);
  await ann.remove(bens.call.id, cleo.id);
  await seat.over;
  await expect(enter(connection)).rejects.toThrow();
  expect(await validate(connection.token)).toEqual({ status: 403, origin: '*' });
});

test.each([
  ['no token', '/rtc'],
  ['a token that LiveKit did not sign', '/rtc/v1?access_token=x.y.z'],
])('with %s a user is refused', async (_what, path) => {
  const response = await fetch(caddy.url + path, { headers: { 'X-Original-URI': '/' } });
  await response.text();
  expect(response.status).toBe(401);
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*');
});

test('while the join guard does not answer, users are refused, and browsers can read that', async () => {
  const unguarded = await startCaddy(stack, { guard: 'http://127.0.0.1:9' });
  const answer = await validate(bens.connection.token, unguarded.url);
  await expect(enter(bens.connection, unguarded.url)).rejects.toThrow();
  await unguarded.stop();
  expect(answer).toEqual({ status: 503, origin: '*' });
  expect(unguarded.output()).toContain('/rtc/validate?access_token=REDACTED');
  expect(unguarded.output()).not.toContain(bens.connection.token);
});

test.each([
  ["LiveKit's API", '/twirp/livekit.RoomService/ListRooms'],
  ['the join guard itself', '/livekit/authorize'],
  ['metrics', '/metrics'],
  ['the webhooks', '/webhooks/livekit'],
])('%s cannot be reached from outside', async (_what, path) => {
  const response = await fetch(caddy.url + path, { method: 'POST', body: '{}' });
  await response.text();
  expect(response.status).toBe(404);
});

/** Sends the path unchanged: `fetch` would normalize it. */
function post(path: string, token: string) {
  return new Promise<number>((resolve, reject) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    request(caddy.url, { method: 'POST', path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end('{}');
  });
}

test.each(['..', '%2e%2e', '..%2f', 'v1/../..'])(
  "LiveKit's API cannot be reached through /rtc/%s, even by one who is let in",
  async (detour) => {
    const status = await post(
      `/rtc/${detour}/twirp/livekit.RoomService/ListRooms`,
      bens.connection.token,
    );
    expect([301, 307, 404]).toContain(status);
  },
);

test('the access log contains no token', async () => {
  const mine = 'of-nobody-else';
  await fetch(`${caddy.url}/rtc/validate?access_token=${mine}&more=1`, {
    headers: { Authorization: `Bearer ${mine}`, Referer: `http://a/?access_token=${mine}` },
  }).then((response) => response.text());
  await until('it is logged', () => caddy.output().includes('access_token=REDACTED&more=1'));
  for (const token of [mine, ann.token, ben.token, bens.connection.token]) {
    expect(caddy.output()).not.toContain(token);
  }
});
