import { AccessToken } from 'livekit-server-sdk';
import request from 'supertest';
import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import { roomOf } from './livekit-reports.ts';
import { createUsers, type User } from './user.ts';

const stack = setUpStack();
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

async function ask(headers: Record<string, string>, method: 'get' | 'options' = 'get') {
  const { internalUrl } = stack.replicas[0];
  const answer = await request(internalUrl)[method]('/livekit/authorize').set(headers);
  expect(answer.headers['access-control-allow-origin']).toBe('*');
  return answer.status;
}
function uri(...tokens: string[]) {
  return `/rtc/v1?auto_subscribe=1${tokens.map((token) => `&access_token=${token}`).join('')}`;
}
async function tokenFor(user: User, callId: string): Promise<string> {
  return (await user.act(callId, 'token')).body.connection.token;
}

test('a user in the call is admitted through each proxy, with the token in the query or header', async () => {
  const token = await tokenFor(ben, await talk(stack, ann, ben));
  expect(await ask({ 'X-Original-URI': uri(token) })).toBe(200);
  expect(await ask({ 'X-Forwarded-Uri': uri(token), 'X-Forwarded-Method': 'GET' })).toBe(200);
  const Authorization = `Bearer ${token}`;
  expect(await ask({ 'X-Original-URI': '/rtc/validate', Authorization })).toBe(200);
});

test('a user who is accepting is admitted', async () => {
  const callId = await ann.call(ben);
  const { body } = await ben.act(callId, 'join');
  expect(await ask({ 'X-Original-URI': uri(body.connection.token) })).toBe(200);
});

test('a removed user is refused although the token is still valid', async () => {
  const callId = await talk(stack, ann, ben, cleo);
  const token = await tokenFor(ben, callId);
  await ann.ask('delete', `/calls/${callId}/participants/${ben.id}`);
  expect(await ask({ 'X-Original-URI': uri(token) })).toBe(403);
});

test('all users are refused after the call', async () => {
  const callId = await talk(stack, ann, ben);
  const token = await tokenFor(ann, callId);
  await ann.act(callId, 'end');
  expect(await ask({ 'X-Original-URI': uri(token) })).toBe(403);
});

test('a user who has not accepted is refused', async () => {
  const callId = await ann.call(ben);
  const token = new AccessToken(stack.livekit.apiKey, stack.livekit.apiSecret, {
    identity: ben.id,
  });
  token.addGrant({ roomJoin: true, room: await roomOf(stack, callId) });
  expect(await ask({ 'X-Original-URI': uri(await token.toJwt()) })).toBe(403);
});

test('a token that LiveKit did not issue is refused', async () => {
  const token = await tokenFor(ben, await talk(stack, ann, ben));
  const foreign = new AccessToken(stack.livekit.apiKey, 'x'.repeat(32), { identity: ben.id });
  const refused: Record<string, string>[] = [
    {},
    { 'X-Original-URI': '/rtc' },
    { 'X-Original-URI': uri('') },
    { 'X-Original-URI': uri('x') },
    { 'X-Original-URI': uri(ben.token) },
    { 'X-Original-URI': uri(await foreign.toJwt()) },
    { 'X-Original-URI': `/rtc?token=${token}` },
    { 'X-Original-URI': '/rtc', Authorization: token },
    { 'X-Original-URI': '/rtc', Authorization: 'Bearer x' },
  ];
  for (const headers of refused) expect([headers, await ask(headers)]).toEqual([headers, 401]);
});

describe('a removed user is not admitted by a second, valid token', () => {
  let good: string;
  let bad: string;

  beforeEach(async () => {
    const callId = await talk(stack, ann, ben, cleo);
    bad = await tokenFor(ben, callId);
    await ann.ask('delete', `/calls/${callId}/participants/${ben.id}`);
    const [dan] = (await createUsers(stack, 'dan')) as [User];
    good = await tokenFor(ben, await talk(stack, dan, ben));
  });

  test('before or after the other in the query', async () => {
    expect(await ask({ 'X-Original-URI': uri(good, bad) })).toBe(403);
    expect(await ask({ 'X-Original-URI': uri(bad, good) })).toBe(403);
  });

  test('in the Authorization header', async () => {
    expect(await ask({ 'X-Original-URI': uri(bad), Authorization: `Bearer ${good}` })).toBe(403);
    expect(await ask({ 'X-Original-URI': uri(good), Authorization: `Bearer ${bad}` })).toBe(403);
  });

  test('in the header of the other proxy, which a client can send', async () => {
    expect(await ask({ 'X-Original-URI': uri(good), 'X-Forwarded-Uri': uri(bad) })).toBe(401);
  });

  test('with a header that marks the request as a preflight', async () => {
    expect(await ask({ 'X-Original-URI': uri(bad), 'X-Forwarded-Method': 'OPTIONS' })).toBe(403);
  });
});

test('a preflight carries no token and is admitted', async () => {
  expect(await ask({}, 'options')).toBe(200);
  expect(await ask({ 'X-Forwarded-Uri': '/rtc', 'X-Forwarded-Method': 'OPTIONS' })).toBe(200);
});

test('the join guard answers 503 while the database is away', async () => {
  const token = await tokenFor(ben, await talk(stack, ann, ben));
  const on = await stack.startReplica({ DATABASE_URL: 'postgres://ringline@127.0.0.1:9/none' });
  const answer = await request(on.internalUrl)
    .get('/livekit/authorize')
    .set('X-Original-URI', uri(token));
  expect(answer.status).toBe(503);
  expect(answer.headers['access-control-allow-origin']).toBe('*');
});
