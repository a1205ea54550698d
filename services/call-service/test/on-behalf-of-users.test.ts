import request from 'supertest';
import { setUpStack } from './fixture.ts';
import { createUser, type User } from './user.ts';

const stack = setUpStack({ env: { RATE_LIMIT_USER_REQUESTS_PER_MINUTE: '0' } });

describe('the host app, for a user', () => {
  let service: User;
  let made = 0;
  beforeAll(async () => {
    service = await createUser(stack, 'backend', { scope: 'service' });
  });

  const startFor = async (headers: Record<string, string>) => {
    made += 1;
    const callee = await createUser(stack, `callee-${made}`);
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

  test('starts a call even when the name cannot be shown', async () => {
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

  test('starts a call on the named device, whose page hears of it and joins', async () => {
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
  ])('gets an error about the header %s: %s', async (name, value, fault) => {
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
    'is the only one that may send %s',
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
  'the header Ringline-Device with %s names the same device as the socket',
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
    createUser(stack, `callee-by-jürgen-${nth}`),
    createUser(stack, 'backend', { scope: 'service' }),
  ]);
  const callId = await user.call(callee);
  const { body } = await service.ask('get', '/calls/active', { as: header });
  expect(body.calls).toMatchObject([{ id: callId }]);
});
