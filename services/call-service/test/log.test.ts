import request from 'supertest';
import { talk } from './calls.ts';
import { setUpStack } from './fixture.ts';
import { bodyOf, postWebhook, sign } from './livekit-reports.ts';
import { signedTokens } from './tokens.ts';
import { createUsers, type User } from './user.ts';

const stack = setUpStack();

function linesOf(log: string): Record<string, unknown>[] {
  return log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

test('a call logs one readable line for each transition, and never a token', async () => {
  const [ann, ben] = (await createUsers(stack, 'ann', 'ben')) as [User, User];
  const device = await ann.connect();
  const callId = await talk(stack, ann, ben);
  const { body } = await ben.act(callId, 'token');
  const mediaToken: string = body.connection.token;
  const uri = `/rtc?access_token=${mediaToken}x`;
  await request(stack.replicas[0].internalUrl).get('/livekit/authorize').set('X-Original-URI', uri);
  await device.send('auth:refresh', { token: `${ann.token}x` });
  const hook = bodyOf({ event: 'room_started', room: 'x' });
  const signature = await sign({ ...stack.livekit, apiSecret: 'x'.repeat(32) }, hook);
  await postWebhook(stack, hook, signature);
  const ended = await ann.act(callId, 'end');
  ann.forget();

  const lines = linesOf(stack.log());
  const transitions = lines.filter((line) => line.level === 'info' && line.callId === callId);
  const { events } = (await ann.ask('get', `/calls/${callId}/events`)).body;
  expect(transitions.map(({ message }) => message)).toEqual(
    events.map(({ event }: { event: string }) => event),
  );
  for (const line of transitions) expect(line.requestId).toEqual(expect.any(String));
  expect(transitions.at(-1)).toMatchObject({
    requestId: ended.headers['x-request-id'],
    actor: `user:${ann.id}`,
    state: 'ended',
    reason: 'hangup',
  });

  const secrets = [...signedTokens, mediaToken, signature, stack.secret, stack.livekit.apiSecret];
  for (const secret of secrets) {
    const part = secret.split('.').at(-1) ?? secret;
    expect(stack.log()).not.toContain(part.slice(0, 20));
  }
});
