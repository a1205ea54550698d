import { setUpStack, setUpUsers } from './fixture.ts';

const stack = setUpStack();
const [ann, ben] = setUpUsers(stack, 'ann', 'ben');

test('a call rings on every device of the callee, is answered, connects and is hung up', async () => {
  const [caller, phone, tablet] = await Promise.all([
    ann.connect('a'),
    ben.connect('phone'),
    ben.connect('tablet'),
  ]);
  const started = await ann.ask('post', '/calls/start', {
    body: { type: 'video', participantIds: [ben.id] },
    device: 'a',
  });
  expect(started).toMatchObject({
    status: 201,
    body: { call: { state: 'ringing', mode: 'direct', initiatorId: ann.id, hostId: null } },
  });
  const callId = started.body.call.id;
  for (const device of [phone, tablet]) {
    expect(await device.next('call:incoming')).toMatchObject({ callId, call: { id: callId } });
  }
  expect(await phone.send('call:ringing', { callId })).toMatchObject({ ok: true });
  expect(await caller.next('call:ringing')).toMatchObject({ callId, userId: ben.id });
  const accepted = await phone.send('call:accept', { callId });
  expect(accepted).toMatchObject({
    ok: true,
    data: { call: { state: 'connecting' }, connection: { url: stack.livekit.publicUrl } },
  });
  expect(await tablet.next('call:ringing_stopped')).toMatchObject({ cause: 'answered_elsewhere' });
  expect(await caller.next('call:accepted')).toMatchObject({ deviceId: 'phone', userId: ben.id });
  const ended = await ann.act(callId, 'end');
  expect(ended).toMatchObject({
    status: 200,
    body: { call: { state: 'ended', endReason: 'hangup', endedBy: ann.id } },
  });
  expect(await phone.next('call:ended')).toMatchObject({ reason: 'hangup', endedBy: ann.id });
  expect(phone.names()).not.toContain('call:ringing_stopped');
});
