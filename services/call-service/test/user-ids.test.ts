import { applyEvent, type Call, userIdFault } from '@ringline/contract';
import { moveTime } from '@ringline/testing/time';
import fc from 'fast-check';
import request from 'supertest';
import { setUpStack } from './fixture.ts';
import { createUser, type User } from './user.ts';

/*
 * Users with ids in the forms that other host apps give them.
 */

const stack = setUpStack({ env: { RATE_LIMIT_USER_REQUESTS_PER_MINUTE: '0' } });

const IDS = [
  ...['_a8Kq', '-x1', '+4915112345678', '@alice:example.org', "o'brien@example.com", 'QUJD='],
  ...['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', 'null'],
  ...['.ann', '...', '0', 'a,b', 'a:b', 'a%2Fb', '100%', '{x}', '[x]', '"x"', 'a\\b', '<b>', '*'],
  ...[
    'ünal',
    '山田',
    '👩‍👩‍👧',
    '🎈'.repeat(128),
    'a'.repeat(128),
    '|',
    '#?&',
    ';',
    '$&',
    'user:ann',
  ],
];

/**
 * A whole call between two users: rung on a device, answered, used by REST and by socket, ended,
 * and read again.
 */
async function wholeCall(caller: User, callee: User): Promise<void> {
  const [phone, desk] = [await callee.connect('phone'), await caller.connect('desk')];
  const callId = await caller.call(callee);
  expect(await phone.next('call:incoming', (event) => event.callId === callId)).toMatchObject({
    call: { initiatorId: caller.id },
  });
  expect(await phone.send('call:ringing', { callId })).toMatchObject({ ok: true });
  const accepted = await phone.send('call:accept', { callId });
  expect(accepted).toMatchObject({ ok: true, data: { connection: { token: expect.any(String) } } });
  await desk.next(
    'call:accepted',
    (event) => event.callId === callId && event.userId === callee.id,
  );
  const token = await caller.act(callId, 'token');
  expect(token.status).toBe(200);

  const ofCallee = `/calls/${callId}/participants/${encodeURIComponent(callee.id)}`;
  // A direct call has no host; the test only checks that the id in the path is understood.
  const mute = await caller.ask('post', `${ofCallee}/mute`, { body: { kind: 'audio' } });
  expect([200, 403, 409]).toContain(mute.status);
  const relayed = { callId, to: callee.id, sdp: 'v=0' };
  expect(await desk.send('webrtc:offer', relayed)).toMatchObject({ ok: true });
  expect(await phone.next('webrtc:offer')).toMatchObject({ from: caller.id });

  const ended = await callee.act(callId, 'end');
  expect(ended.status).toBe(200);
  await desk.next('call:ended', (event) => event.callId === callId);
  for (const [user, direction] of [
    [caller, 'outgoing'],
    [callee, 'incoming'],
  ] as const) {
    const { entries } = (await user.ask('get', '/calls/history')).body;
    expect(entries[0]).toMatchObject({ direction, call: { id: callId } });
    const { call } = (await user.ask('get', `/calls/${callId}`)).body as { call: Call };
    expect(call.participants.map(({ userId }) => userId)).toEqual([caller.id, callee.id]);
    const { events } = (await user.ask('get', `/calls/${callId}/events`)).body;
    expect(events.slice(1).reduce(applyEvent, events[0].call)).toEqual(call);
    expect((await user.ask('get', '/calls/stats')).body).toMatchObject({ total: 1 });
    user.forget();
  }
}

describe('a user called', () => {
  test.each(IDS)('%s calls, is called, answers, and finds it in the history', async (id) => {
    const other = `${id.slice(0, 2)}~${IDS.indexOf(id)}`;
    await wholeCall(await createUser(stack, id), await createUser(stack, other));
  });

  test('by any other allowed id does the same', async () => {
    const id = fc
      .oneof(
        fc.constantFrom('constructor', '__proto__', 'toString', 'hasOwnProperty', 'isPrototypeOf'),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
        fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 20 }),
      )
      .filter((text) => userIdFault(text) === null);
    let nth = 0;
    const pair = fc.uniqueArray(id, { minLength: 2, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(pair, async (ids) => {
        // Each run has its own users, whose ids begin as drawn.
        nth += 1;
        const [caller, callee] = await Promise.all(
          ids.map((one) => createUser(stack, `${[...one].slice(0, 100).join('')}~${nth}`)),
        );
        await wholeCall(caller as User, callee as User);
      }),
      { numRuns: 15 },
    );
  });
});

test('users called constructor and __proto__ ring in a group, are found busy, and appear in the history', async () => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty'];
  const [ann, other] = await Promise.all([
    createUser(stack, 'ann-of-the-group'),
    createUser(stack, 'ben-of-the-group'),
  ]);
  const started = await ann.ask('post', '/calls/start', {
    body: { type: 'audio', participantIds: names, mode: 'group' },
  });
  expect(started).toMatchObject({ status: 201 });
  const { id, participants } = started.body.call as Call;
  expect(participants.map(({ state }) => state)).toEqual([
    'joining',
    ...names.map(() => 'invited'),
  ]);
  for (const name of names) {
    const busy = await other.ask('post', '/calls/start', {
      body: { type: 'audio', participantIds: [name] },
    });
    expect([busy.status, busy.body.code]).toEqual([409, 'USER_BUSY']);
  }
  for (const name of names) {
    const member = await createUser(stack, name);
    expect((await member.act(id, 'join')).status).toBe(200);
    const path = `/calls/${id}/participants/${encodeURIComponent(name)}`;
    expect((await ann.ask('post', `${path}/mute`, { body: { kind: 'audio' } })).status).toBe(200);
    expect((await ann.ask('delete', path)).body.call.participants).toContainEqual(
      expect.objectContaining({ userId: name, state: 'removed' }),
    );
  }
  await ann.act(id, 'end');
});

test('metadata with the property names of objects is stored and returned, and breaks nothing', async () => {
  const [ann, ben] = await Promise.all([
    createUser(stack, 'ann-of-metadata'),
    createUser(stack, 'ben-of-metadata'),
  ]);
  const metadata =
    '{"constructor":1,"toString":{"x":[]},"hasOwnProperty":null,"__proto__":{"a":1}}';
  const phone = await ben.connect();
  const answer = await request(stack.replicas[0].url)
    .post('/api/v1/calls/start')
    .auth(ann.token, { type: 'bearer' })
    .set('Content-Type', 'application/json')
    .send(`{"type":"audio","participantIds":["${ben.id}"],"metadata":${metadata}}`);
  expect(answer.status).toBe(201);
  const { call } = await phone.next('call:incoming');
  expect(call.metadata).toMatchObject({ constructor: 1, hasOwnProperty: null });
  expect((await ann.ask('get', `/calls/${call.id}`)).body.call.metadata).toEqual(call.metadata);
  ben.forget();
});

test('ids in another Unicode form, or of another case, are other users', async () => {
  const [composed, decomposed] = ['jos\u00e9', 'jose\u0301'];
  const ann = await createUser(stack, 'ann-of-forms');
  const callee = await createUser(stack, composed);
  const stranger = await createUser(stack, decomposed);
  const callId = await ann.call(callee);
  expect((await stranger.act(callId, 'join')).body.code).toBe('CALL_NOT_FOUND');
  expect((await callee.act(callId, 'join')).status).toBe(200);
});

test('the user a with the device b:c hears nothing of messages for the device c of the user a:b', async () => {
  const [ann, owner, eavesdropper] = await Promise.all(
    ['ann-of-rooms', 'a:b', 'a'].map((id) => createUser(stack, id)),
  );
  const [mine, theirs] = [await owner?.connect('c'), await eavesdropper?.connect('b:c')];
  const desk = await ann?.connect();
  const callId = (await ann?.call(owner as User)) ?? '';
  await mine?.send('call:accept', { callId });
  await desk?.send('webrtc:offer', { callId, to: 'a:b', sdp: 'secret' });
  await mine?.next('webrtc:offer');
  await theirs?.send('call:sync');
  expect(theirs?.names()).not.toContain('webrtc:offer');
  for (const user of [ann, owner, eavesdropper]) user?.forget();
});

test('a call to a user called __proto__ rings out and is missed', async () => {
  const ann = await createUser(stack, 'ann-who-waits');
  const callee = await createUser(stack, '__proto__');
  const callId = await ann.call(callee);
  await moveTime(stack.databaseUrl, 31_000);
  await callee.act(callId, 'join');
  expect((await ann.ask('get', `/calls/${callId}`)).body.call.state).toBe('missed');
  expect((await callee.ask('get', '/calls/history?outcome=missed')).body.entries[0].call.id).toBe(
    callId,
  );
});
