import { talk } from './calls.ts';
import { connectDevice } from './device.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import { signToken } from './tokens.ts';

const stack = setUpStack();
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

function url() {
  return stack.replicas[0].url;
}
function secondsFromNow(seconds: number) {
  return Math.ceil(Date.now() / 1000) + seconds;
}

describe('connecting', () => {
  const refusalOf = (auth: Record<string, unknown>) =>
    connectDevice(url(), auth).then(
      () => 'connected',
      (error: Error & { data?: { code: string } }) => error.data?.code,
    );

  test('needs a token', async () => {
    expect(await refusalOf({})).toBe('UNAUTHENTICATED');
    expect(await refusalOf({ token: 7 })).toBe('UNAUTHENTICATED');
    expect(await refusalOf({ token: `${ann.token}x` })).toBe('UNAUTHENTICATED');
  });

  test('needs a device id of 1 to 64 characters, if it names one', async () => {
    for (const deviceId of ['', 'x'.repeat(65), 7, '\0']) {
      expect(await refusalOf({ token: ann.token, deviceId })).toBe('VALIDATION_FAILED');
    }
  });

  test('is for users: operators use REST', async () => {
    for (const scope of ['service', 'admin']) {
      const token = await signToken(stack.secret, { sub: 'operator', scope });
      expect(await refusalOf({ token })).toBe('FORBIDDEN');
    }
  });

  test("sends the state of the user's calls, ringing ones included", async () => {
    const callId = await ann.call(ben);
    const [caller, callee, other] = [
      await ann.connect(),
      await ben.connect(),
      await cleo.connect(),
    ];
    for (const device of [caller, callee]) {
      expect(await device.next('call:sync')).toMatchObject({ calls: [{ id: callId }] });
    }
    expect(await other.next('call:sync')).toEqual({ calls: [] });
  });

  test('works by WebSocket alone', async () => {
    const polled = await fetch(`${url()}/socket.io/?EIO=4&transport=polling`);
    expect(polled.status).toBe(400);
  });
});

describe('a token that expires', () => {
  test('closes its socket', async () => {
    const token = await signToken(stack.secret, { sub: ann.id, exp: secondsFromNow(1) });
    const device = await connectDevice(url(), { token });
    const reason = await new Promise((resolve) => device.socket.on('disconnect', resolve));
    expect(reason).toBe('io server disconnect');
    expect(device.heard.at(-1)).toMatchObject({
      name: 'call:error',
      payload: { code: 'UNAUTHENTICATED', event: 'auth:refresh' },
    });
  });

  test('does not close the socket if it was refreshed before', async () => {
    const exp = secondsFromNow(1);
    const token = await signToken(stack.secret, { sub: ann.id, exp });
    const device = await connectDevice(url(), { token });
    expect(await device.send('auth:refresh', { token: ann.token })).toEqual({ ok: true, data: {} });
    const witness = await connectDevice(url(), { token });
    await new Promise((resolve) => witness.socket.on('disconnect', resolve));
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
    expect(await device.send('call:sync')).toMatchObject({ ok: true });
    device.close();
  });

  test.each([
    ['of another user', 'FORBIDDEN', () => signToken(stack.secret, { sub: ben.id })],
    ['of a service', 'FORBIDDEN', () => signToken(stack.secret, { sub: ann.id, scope: 'service' })],
    ['that has expired', 'UNAUTHENTICATED', () => signToken(stack.secret, { sub: ann.id }, -1)],
    ['that is malformed', 'UNAUTHENTICATED', async () => 'x'],
  ])('is not refreshed by one %s', async (_of, code, sign) => {
    const device = await ann.connect();
    const refused = await device.send('auth:refresh', { token: await sign() });
    expect(refused).toMatchObject({ ok: false, error: { code } });
    const isLogged = stack.log().includes(JSON.stringify(refused.error.message));
    expect(isLogged).toBe(true);
    expect(await device.send('call:sync')).toMatchObject({ ok: true });
  });
});

describe('call:sync', () => {
  test("also returns the ended calls that the client knows, and never another user's", async () => {
    const own = await ann.call(ben);
    await ann.act(own, 'end');
    const foreign = await ben.call(cleo);
    const device = await ann.connect();
    const synced = await device.send('call:sync', { calls: { [own]: 1, [foreign]: 1 } });
    expect(synced.data.calls).toMatchObject([{ id: own, state: 'cancelled' }]);
  });

  test('returns an active call once', async () => {
    const own = await ann.call(ben);
    const device = await ann.connect();
    const synced = await device.send('call:sync', { calls: { [own]: 1 } });
    expect(synced.data.calls).toMatchObject([{ id: own }]);
  });
});

describe('the time of the service', () => {
  const isNow = async (now: string, moved: number) =>
    expect(Math.abs(Date.parse(now) - Date.now() - moved)).toBeLessThan(10_000);

  test('is sent with the calls, by the clock of their instants', async () => {
    await ann.call(ben);
    const device = await ann.connect();
    const first = (await device.next('call:sync')).now;
    await isNow(first, 0);
    await stack.moveTime(20_000);
    await isNow((await device.send('call:sync')).data.now, 20_000);
  });

  test('is not sent without a call', async () => {
    const device = await cleo.connect();
    expect(await device.next('call:sync')).toEqual({ calls: [] });
  });
});

describe('a refusal', () => {
  test('is in the acknowledgement, with the fields', async () => {
    const device = await ann.connect();
    const refused = await device.send('call:start', { type: 'smell', participantIds: [ben.id] });
    expect(refused).toMatchObject({
      ok: false,
      error: { code: 'VALIDATION_FAILED', errors: [{ path: 'type' }] },
    });
  });

  test('is sent as a notice without an acknowledgement', async () => {
    const device = await ann.connect();
    device.socket.emit('call:end', { callId: 'x' });
    expect(await device.next('call:error')).toMatchObject({
      code: 'VALIDATION_FAILED',
      event: 'call:end',
    });
  });

  test.each([
    ['an event that does not exist', 'call:explode', {}],
    ['a name that objects have', 'constructor', {}],
    ['no payload', 'call:end', undefined],
    ['a payload that is no object', 'call:end', 'x'],
    ['null', 'call:end', null],
    ['an unknown field', 'call:sync', { calls: {}, more: 1 }],
    ['more than 50 calls', 'call:sync', { calls: manyCalls() }],
  ])('is VALIDATION_FAILED for %s', async (_what, name, payload) => {
    const device = await ann.connect();
    const refused = await device.send(name, payload);
    expect(refused).toMatchObject({ ok: false, error: { code: 'VALIDATION_FAILED' } });
  });

  test('an oversized message closes its own connection and no other', async () => {
    const [device, other] = [await ann.connect(), await ben.connect()];
    const closed = new Promise((resolve) => device.socket.on('disconnect', resolve));
    device.socket.emit('call:sync', { calls: {}, more: 'x'.repeat(200_000) });
    await closed;
    expect(await other.send('call:sync')).toMatchObject({ ok: true });
  });
});

function manyCalls(): Record<string, number> {
  const ids = Array.from(
    { length: 51 },
    (_, index) => `01890000-0000-7000-8000-${String(index).padStart(12, '0')}`,
  );
  return Object.fromEntries(ids.map((id) => [id, 1]));
}

describe('relay', () => {
  const sdp = { sdp: 'v=0', nested: { candidates: [1, 2] } };

  test('delivers a payload to the device in the call, and to no other', async () => {
    const callId = await ann.call(ben);
    const [phone, tablet] = [await ben.connect('phone'), await ben.connect('tablet')];
    await phone.send('call:accept', { callId });
    const caller = await ann.connect();
    for (const name of ['webrtc:offer', 'webrtc:answer', 'webrtc:ice_candidate']) {
      const sent = await caller.send(name, { callId, to: ben.id, from: 'mallory', ...sdp });
      expect(sent).toEqual({ ok: true, data: {} });
      expect(await phone.next(name)).toEqual({ callId, from: ann.id, ...sdp });
    }
    await tablet.send('call:sync');
    expect(tablet.names().filter((name) => name.startsWith('webrtc:'))).toEqual([]);
  });

  test('requires that both users have accepted', async () => {
    const callId = await ann.call(ben);
    const [caller, callee, stranger] = [
      await ann.connect(),
      await ben.connect(),
      await cleo.connect(),
    ];
    const send = async (device: typeof caller, to: string) =>
      (await device.send('webrtc:offer', { callId, to, ...sdp })).error?.code;
    expect(await send(caller, ben.id)).toBe('NOT_ACCEPTED');
    expect(await send(callee, ann.id)).toBe('NOT_ACCEPTED');
    expect(await send(stranger, ann.id)).toBe('CALL_NOT_FOUND');
    expect(await send(caller, cleo.id)).toBe('NOT_ACCEPTED');
    expect(await send(caller, ann.id)).toBe('NOT_ACCEPTED');
    await ann.act(callId, 'end');
    expect(await send(caller, ben.id)).toBe('CALL_ENDED');
    const received = [caller, callee, stranger].flatMap((device) => device.names());
    expect(received.filter((name) => name.startsWith('webrtc:'))).toEqual([]);
  });

  test('is refused to a removed user, and to another device', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    const [phone, removed] = [await ben.connect('phone'), await cleo.connect()];
    await ben.act(callId, 'join', { takeover: true }, { device: 'tablet' });
    await ann.ask('delete', `/calls/${callId}/participants/${cleo.id}`);
    const offer = { callId, to: ann.id, ...sdp };
    expect((await phone.send('webrtc:offer', offer)).error.code).toBe('ANSWERED_ELSEWHERE');
    expect((await removed.send('webrtc:offer', offer)).error.code).toBe('NOT_ALLOWED');
  });

  test('takes 64 KiB at most', async () => {
    const callId = await talk(stack, ann, ben);
    const caller = await ann.connect();
    const offer = { callId, to: ben.id };
    const room = 65_536 - JSON.stringify({ ...offer, sdp: '' }).length;
    const sent = async (length: number) =>
      caller.send('webrtc:offer', { ...offer, sdp: 'x'.repeat(length) });
    expect(await sent(room)).toMatchObject({ ok: true });
    expect(await sent(room + 1)).toMatchObject({ ok: false, error: { code: 'VALIDATION_FAILED' } });
  });
});
