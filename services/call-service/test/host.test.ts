import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import type { User } from './user.ts';

const stack = setUpStack();
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

function coded({ status, body }: { status: number; body: { code?: string } }) {
  return [status, body.code];
}

/** The host's controls, each as used on `target`. */
const controls = {
  mute: (user: User, callId: string, target: User) =>
    user.act(callId, `participants/${target.id}/mute`, { kind: 'audio' }),
  'mute all': (user: User, callId: string) => user.act(callId, 'mute-all'),
  remove: (user: User, callId: string, target: User) =>
    user.ask('delete', `/calls/${callId}/participants/${target.id}`),
  'hand over': (user: User, callId: string, target: User) =>
    user.ask('put', `/calls/${callId}/host`, { body: { userId: target.id } }),
};
const each = Object.entries(controls);

describe.each(each)('%s', (_name, control) => {
  test('is for the host alone', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    const before = await stack.contents();
    expect(coded(await control(ben, callId, cleo))).toEqual([403, 'FORBIDDEN']);
    expect(await stack.contents()).toEqual(before);
  });

  test('does not exist in a direct call', async () => {
    const callId = await talk(stack, ann, ben);
    expect(coded(await control(ann, callId, ben))).toEqual([409, 'INVALID_STATE']);
  });

  test('is refused after the call', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    await ann.act(callId, 'end');
    expect(coded(await control(ann, callId, ben))).toEqual([409, 'CALL_ENDED']);
  });

  test('is lost when the host leaves the call', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    await ann.ask('put', `/calls/${callId}/host`, { body: { userId: ben.id } });
    await ben.ask('delete', `/calls/${callId}/participants/${ann.id}`);
    expect(coded(await control(ann, callId, cleo))).toEqual([403, 'NOT_ALLOWED']);
  });
});

test('a muted user is shown muted to every participant', async () => {
  const heard = await cleo.connect();
  const callId = await talk(stack, ann, ben, cleo);
  const { status, body } = await controls.mute(ann, callId, ben);
  const muted = { userId: ben.id, audioEnabled: false };
  expect({ status, body }).toMatchObject({ status: 200, body: { participant: muted } });
  expect(await heard.next('call:participant_updated')).toMatchObject({ participant: muted });
});

test('mute all does not mute the host', async () => {
  const callId = await talk(stack, ann, ben, cleo);
  const { body } = await controls['mute all'](ann, callId);
  const audio = body.call.participants.map((one: { audioEnabled: boolean }) => one.audioEnabled);
  expect(audio).toEqual([true, false, false]);
});

test('a user who is not in the call cannot be muted', async () => {
  const callId = await ann.call(ben, cleo);
  expect(coded(await controls.mute(ann, callId, ben))).toEqual([409, 'INVALID_STATE']);
});

test('a mute fails when LiveKit does not apply it', async () => {
  const callId = await talk(stack, ann, ben, cleo);
  const on = await stack.startReplica({ LIVEKIT_URL: 'http://127.0.0.1:9' });
  const path = `/calls/${callId}/participants/${ben.id}/mute`;
  const answer = await ann.ask('post', path, { body: { kind: 'audio' }, on });
  expect(coded(answer)).toEqual([503, 'MEDIA_UNAVAILABLE']);
  const all = await ann.ask('post', `/calls/${callId}/mute-all`, { on });
  expect(coded(all)).toEqual([503, 'MEDIA_UNAVAILABLE']);
});

test('a removed user hears of the removal and of nothing later', async () => {
  const heard = await ben.connect();
  const callId = await talk(stack, ann, ben, cleo);
  expect(await controls.remove(ann, callId, ben)).toMatchObject({ status: 200 });
  expect(await heard.next('call:participant_left')).toMatchObject({
    userId: ben.id,
    reason: 'removed',
  });
  const { length } = heard.heard;
  await controls.mute(ann, callId, cleo);
  await ann.act(callId, 'end');
  await heard.send('call:sync');
  expect(heard.heard).toHaveLength(length);
});

test('a ringing user can be removed, too', async () => {
  const heard = await ben.connect();
  const callId = await ann.call(ben, cleo);
  expect(await controls.remove(ann, callId, ben)).toMatchObject({ status: 200 });
  expect(await heard.next('call:ringing_stopped')).toMatchObject({ cause: 'cancelled' });
});

test('removing a user who is out bars them', async () => {
  const callId = await talk(stack, ann, ben, cleo);
  await cleo.act(callId, 'leave');
  expect(await controls.remove(ann, callId, cleo)).toMatchObject({ status: 200 });
  expect(coded(await cleo.act(callId, 'join', { rejoin: true }))).toEqual([403, 'NOT_ALLOWED']);
});

test('removing fails for a removed user, a stranger, and the hosts themselves', async () => {
  const callId = await talk(stack, ann, ben, cleo);
  await controls.remove(ann, callId, ben);
  expect(coded(await controls.remove(ann, callId, ben))).toEqual([409, 'INVALID_STATE']);
  const stranger = { ...ben, id: 'nobody' };
  expect(coded(await controls.remove(ann, callId, stranger))).toEqual([409, 'INVALID_STATE']);
  expect(coded(await controls.remove(ann, callId, ann))).toEqual([409, 'INVALID_STATE']);
});

test('the new host has the role, and the old one has lost it', async () => {
  const heard = await cleo.connect();
  const callId = await talk(stack, ann, ben, cleo);
  const { body } = await controls['hand over'](ann, callId, ben);
  const roles = body.call.participants.map((one: { role: string }) => one.role);
  expect({ hostId: body.call.hostId, roles }).toEqual({
    hostId: ben.id,
    roles: ['participant', 'host', 'participant'],
  });
  await heard.next('call:updated', ({ hostId }) => hostId === ben.id);
  expect(coded(await controls['mute all'](ann, callId))).toEqual([403, 'FORBIDDEN']);
});

test('the role is not handed to a user who is not in the call', async () => {
  const callId = await ann.call(ben, cleo);
  await ben.act(callId, 'join');
  expect(coded(await controls['hand over'](ann, callId, cleo))).toEqual([409, 'INVALID_STATE']);
});
