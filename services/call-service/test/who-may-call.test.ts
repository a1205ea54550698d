import { applyEvent, type Call, userIdFault } from '@ringline/contract';
import { moveTime } from '@ringline/testing/time';
import fc from 'fast-check';
import request from 'supertest';
import { connectDevice } from './device.ts';
import { type Stack, startStack } from './stack.ts';
import { signToken } from './tokens.ts';
import { createUser, type User } from './user.ts';

/*
 * Users as the host apps of others name them, and tokens as identity providers fill them in.
 */

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ env: { RATE_LIMIT_USER_REQUESTS_PER_MINUTE: '0' } });
});
afterAll(() => stack.close());

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

/** A whole call of two: rung on a device, answered, talked in by REST and by socket, ended, read again. */
async function wholeCall(caller: User, callee: User): Promise<void> {
  const [phone, desk] = [await callee.connect('phone'), await caller.connect('desk')];
  const callId = await caller.call(callee);
  expect(await phone.next('call:incoming', (told) => told.callId === callId)).toMatchObject({
    call: { initiatorId: caller.id },
  });
  expect(await phone.send('call:ringing', { callId })).toMatchObject({ ok: true });
  const accepted = await phone.send('call:accept', { callId });
  expect(accepted).toMatchObject({ ok: true, data: { connection: { token: expect.any(String) } } });
  await desk.next('call:accepted', (told) => told.callId === callId && told.userId === callee.id);
  const token = await caller.act(callId, 'token');
  expect(token.status).toBe(200);

  const ofCallee = `/calls/${callId}/participants/${encodeURIComponent(callee.id)}`;
  // It is not a group: what counts is that the id in the path is understood.
  const mute = await caller.ask('post', `${ofCallee}/mute`, { body: { kind: 'audio' } });
  expect([200, 403, 409]).toContain(mute.status);
  const relayed = { callId, to: callee.id, sdp: 'v=0' };
  expect(await desk.send('webrtc:offer', relayed)).toMatchObject({ ok: true });
  expect(await phone.next('webrtc:offer')).toMatchObject({ from: caller.id });

  const ended = await callee.act(callId, 'end');
  expect(ended.status).toBe(200);
  await desk.next('call:ended', (told) => told.callId === callId);
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

  test('whatever a host app calls them', async () => {
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
        // Users of their own in each run, whose ids begin as drawn.
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

test('users called constructor and __proto__ are rung in a group, found busy, and end up in the history', async () => {
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

test('metadata with the names that objects have is stored and returned, and breaks nothing', async () => {
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

test('ids in the other Unicode form, or of another case, are other users', async () => {
  const [composed, decomposed] = ['jos\u00e9', 'jose\u0301'];
  const ann = await createUser(stack, 'ann-of-forms');
  const callee = await createUser(stack, composed);
  const stranger = await createUser(stack, decomposed);
  const callId = await ann.call(callee);
  expect((await stranger.act(callId, 'join')).body.code).toBe('CALL_NOT_FOUND');
  expect((await callee.act(callId, 'join')).status).toBe(200);
});

test('a user a with the device b:c hears nothing of what is for the device c of a user a:b', async () => {
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

describe('a token with', () => {
  const seventyEmoji = '🎈'.repeat(70);
  const family = '👩‍👩‍👧';
  let made = 0;

  /** How the others in a call are shown the bearer of a token with these claims. */
  const shown = async (claims: Record<string, unknown>) => {
    made += 1;
    const [user, callee] = await Promise.all([
      createUser(stack, `shown-${made}`, claims),
      createUser(stack, `looks-${made}`),
    ]);
    const device = await user.connect();
    const callId = await user.call(callee);
    const { call } = (await callee.ask('get', `/calls/${callId}`)).body as { call: Call };
    device.close();
    return {
      name: call.participants[0]?.name,
      picture: call.participants[0]?.picture,
      id: user.id,
    };
  };
  const notes = (id: string) =>
    stack
      .log()
      .split('\n')
      .filter((line) => line.includes('not shown as it came') && line.includes(`"${id}"`))
      .map((line) => JSON.parse(line));

  test.each<[string, unknown, string | null, string | null]>([
    ['null', null, null, null],
    ['nothing', '', null, 'is empty'],
    ['blanks', '  ', null, 'is empty'],
    ['a number', 7, null, 'is not a string'],
    ['an object', { given: 'Ann' }, null, 'is not a string'],
    ['NUL in it', 'a\0b', null, 'contains characters that cannot be stored'],
    ['half a character in it', 'a\ud83d', null, 'contains characters that cannot be stored'],
    ['129 letters', 'a'.repeat(129), 'a'.repeat(128), 'is too long, and was cut'],
    ['70 emoji', seventyEmoji, '🎈'.repeat(64), 'is too long, and was cut'],
    ['families of emoji', family.repeat(20), family.repeat(16), 'is too long, and was cut'],
    ['one endless character', `e${'\u0301'.repeat(200)}`, null, 'is too long'],
    [
      'a skin tone at the border',
      `${'a'.repeat(126)}👍🏽`,
      'a'.repeat(126),
      'is too long, and was cut',
    ],
    ['128 letters', 'b'.repeat(128), 'b'.repeat(128), null],
  ])('a name of %s is a user, and its fault is noted once', async (_what, name, wanted, fault) => {
    const { name: told, id } = await shown({ name });
    expect(told).toBe(wanted);
    expect(notes(id)).toEqual(
      fault === null ? [] : [expect.objectContaining({ level: 'debug', what: 'name', fault })],
    );
  });

  test.each<[string, unknown, boolean]>([
    ['null', null, false],
    ['nothing', '', false],
    ['2,049 characters', `https://a.example/${'a'.repeat(2031)}`, false],
    ['2,048 characters', `https://a.example/${'a'.repeat(2030)}`, true],
    ['a data URL', 'data:image/png;base64,iVBORw0KGgo=', false],
    ['a data URL in capitals', ' DATA:image/png;base64,iVBORw0KGgo=', false],
    ['a number', 7, false],
    ['a relative address', '/avatars/ann.png', true],
  ])('a picture of %s is a user: shown %#', async (_what, picture, isShown) => {
    const { picture: told } = await shown({ picture });
    expect(told).toBe(isShown ? picture : null);
  });

  test.each([['root'], ['openid profile email'], [['user', 'admin']], [7], [''], [null]])(
    'the scope %j is a user, and no operator',
    async (scope) => {
      const user = await createUser(stack, 'ann-of-scopes', { scope });
      expect((await user.ask('get', '/calls/active')).status).toBe(200);
      expect((await user.ask('get', '/calls')).status).toBe(403);
    },
  );
});

describe('the host app, for a user', () => {
  let service: User;
  let made = 0;
  beforeAll(async () => {
    service = await createUser(stack, 'backend', { scope: 'service' });
  });

  const startFor = async (headers: Record<string, string>) => {
    made += 1;
    const callee = await createUser(stack, `rung-${made}`);
    const phone = await callee.connect();
    const answer = await request(stack.replicas[0].url)
      .post('/api/v1/calls/start')
      .auth(service.token, { type: 'bearer' })
      .set(headers)
      .send({ type: 'audio', participantIds: [callee.id] });
    return { answer, phone, callee };
  };

  test('starts a call that rings with their name and picture', async () => {
    const { answer, phone } = await startFor({
      'Ringline-User': encodeURIComponent('jürgen@例え.example'),
      'Ringline-User-Name': encodeURIComponent('Jürgen 🎈 Müller'),
      'Ringline-User-Picture': encodeURIComponent('https://a.example/jürgen.png?a=1%202'),
    });
    expect(answer.status).toBe(201);
    const { call } = await phone.next('call:incoming');
    expect(call.participants[0]).toMatchObject({
      userId: 'jürgen@例え.example',
      name: 'Jürgen 🎈 Müller',
      picture: 'https://a.example/jürgen.png?a=1%202',
    });
    phone.close();
  });

  test('starts it also where the name is none that can be shown', async () => {
    const { answer, phone } = await startFor({
      'Ringline-User': 'ann-without-name',
      'Ringline-User-Name': encodeURIComponent('x'.repeat(300)),
      'Ringline-User-Picture': 'data:image/png;base64,AA',
    });
    expect(answer.status).toBe(201);
    const { call } = await phone.next('call:incoming');
    expect(call.participants[0]).toMatchObject({ name: 'x'.repeat(128), picture: null });
    phone.close();
  });

  test('starts it on the device of theirs that is named, whose page is told and goes in', async () => {
    const ann = await createUser(stack, 'ann-of-devices');
    const device = 'Änns Gerät 📱 100%';
    const [page, elsewhere] = [await ann.connect(device), await ann.connect('other')];
    const { answer, phone, callee } = await startFor({
      'Ringline-User': ann.id,
      'Ringline-Device': encodeURIComponent(device),
    });
    expect(answer).toMatchObject({ status: 201, body: { connection: expect.anything() } });
    const callId = answer.body.call.id;
    expect((await page.next('call:started')).call.id).toBe(callId);
    await elsewhere.next('call:started');
    const token = (from: string) =>
      ann.act(callId, 'token', {}, { device: encodeURIComponent(from) });
    expect((await token(device)).status).toBe(200);
    expect((await token('other')).body.code).toBe('ANSWERED_ELSEWHERE');
    await callee.act(callId, 'join');
    await page.next('call:accepted');
    phone.close();
    ann.forget();
  });

  test.each([
    ['Ringline-User', 'a b', 'contains white space'],
    ['Ringline-User', 'a%2Fb', 'contains a slash'],
    ['Ringline-User', '', 'is empty'],
    ['Ringline-Device', encodeURIComponent('x'.repeat(65)), 'is not a text of 1 to 64 characters'],
    ['Ringline-Device', '%00', 'is not a text of 1 to 64 characters'],
  ])('is told what is wrong with the header %s: %s', async (name, value, fault) => {
    const answer = await request(stack.replicas[0].url)
      .get('/api/v1/calls/active')
      .auth(service.token, { type: 'bearer' })
      .set({ 'Ringline-User': 'ann', [name]: value });
    expect(answer.body).toMatchObject({
      status: 400,
      code: 'VALIDATION_FAILED',
      detail: `The header ${name} ${fault}.`,
      errors: [{ path: name, message: fault }],
    });
    expect(stack.log()).toContain(`The header ${name} ${fault}.`);
  });

  test.each(['Ringline-User', 'Ringline-User-Name', 'Ringline-User-Picture'])(
    'is alone in sending %s',
    async (name) => {
      const ann = await createUser(stack, 'ann-with-headers');
      const answer = await request(stack.replicas[0].url)
        .get('/api/v1/calls/active')
        .auth(ann.token, { type: 'bearer' })
        .set(name, 'ben');
      expect(answer.body).toMatchObject({
        status: 403,
        detail: `The header ${name} is only for the role service, but the token's role is user.`,
      });
    },
  );
});

test.each([
  ['a name in percent-encoding', encodeURIComponent('Küche 📱'), 'Küche 📱'],
  ['a per cent sign', '100%', '100%'],
  ['64 emoji', encodeURIComponent('🎈'.repeat(64)), '🎈'.repeat(64)],
])(
  'the header Ringline-Device with %s is the device of the socket of that name',
  async (_w, header, device) => {
    const [ann, ben] = await Promise.all([
      createUser(stack, `dev-ann-${header.length}`),
      createUser(stack, `dev-ben-${header.length}`),
    ]);
    const phone = await ben.connect(device);
    const callId = await ann.call(ben);
    expect(await phone.send('call:accept', { callId })).toMatchObject({ ok: true });
    expect((await ben.act(callId, 'token', {}, { device: header })).status).toBe(200);
    expect((await ben.act(callId, 'token', {}, { device: 'another' })).status).toBe(409);
    await ben.act(callId, 'end');
    ben.forget();
  },
);

test.each([
  ['in percent-encoding', 1, encodeURIComponent('Jürgen-1')],
  ['in UTF-8', 2, Buffer.from('Jürgen-2').toString('latin1')],
  ['in Latin-1', 3, 'J\u00fcrgen-3'],
])('the header Ringline-User %s names its user', async (_how, nth, header) => {
  const [user, callee, service] = await Promise.all([
    createUser(stack, `Jürgen-${nth}`),
    createUser(stack, `rung-by-jürgen-${nth}`),
    createUser(stack, 'backend', { scope: 'service' }),
  ]);
  const callId = await user.call(callee);
  const { body } = await service.ask('get', '/calls/active', { as: header });
  expect(body.calls).toMatchObject([{ id: callId }]);
});

test('a socket of a token with a fraction in its end is closed when it ends, and not before', async () => {
  const exp = Date.now() / 1000 + 1.5;
  const token = await signToken(stack.secret, { sub: 'ann-of-fractions', exp });
  const device = await connectDevice(stack.replicas[0].url, { token });
  await new Promise((resolve) => device.socket.on('disconnect', resolve));
  expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
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
