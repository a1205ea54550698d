import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import type { User } from './user.ts';

const stack = setUpStack();
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

function coded({ status, body }: { status: number; body: { code?: string } }) {
  return [status, body.code];
}
async function stateOf(user: User, callId: string) {
  const { state, endReason, endedBy } = (await user.ask('get', `/calls/${callId}`)).body.call;
  return { state, endReason, endedBy };
}

describe('decline', () => {
  test('a declined call is over, and the caller hears who declined', async () => {
    const heard = await ann.connect();
    const callId = await ann.call(ben);
    const { status, body } = await ben.act(callId, 'decline');
    expect({ status, body }).toMatchObject({ status: 200, body: { call: { state: 'declined' } } });
    expect(await heard.next('call:declined')).toMatchObject({ userId: ben.id, reason: 'declined' });
    expect(await heard.next('call:ended')).toMatchObject({ reason: 'declined', endedBy: ben.id });
  });

  test('a callee may decline as busy', async () => {
    const callId = await ann.call(ben);
    await ben.act(callId, 'decline', { reason: 'busy' });
    expect(await stateOf(ann, callId)).toEqual({
      state: 'busy',
      endReason: 'busy',
      endedBy: ben.id,
    });
  });

  test('the others in a group keep ringing', async () => {
    const callId = await ann.call(ben, cleo);
    await ben.act(callId, 'decline');
    expect(await stateOf(ann, callId)).toMatchObject({ state: 'ringing' });
    expect(await cleo.act(callId, 'join')).toMatchObject({ status: 200 });
  });

  test('declining twice, or a finished call, changes nothing and succeeds', async () => {
    const callId = await ann.call(ben);
    await ben.act(callId, 'decline');
    const before = await stack.contents();
    expect(await ben.act(callId, 'decline')).toMatchObject({ status: 200 });
    expect(await stack.contents()).toEqual(before);
  });

  test('a user in the call has nothing to decline', async () => {
    const callId = await talk(stack, ann, ben);
    expect(coded(await ben.act(callId, 'decline'))).toEqual([409, 'INVALID_STATE']);
  });

  test('another device does not decline an answered call', async () => {
    const callId = await ann.call(ben);
    await ben.act(callId, 'join', {}, { device: 'phone' });
    const late = await ben.act(callId, 'decline', {}, { device: 'tablet' });
    expect(coded(late)).toEqual([409, 'ANSWERED_ELSEWHERE']);
  });
});

describe('leave', () => {
  test('a direct call ends with the first who leaves', async () => {
    const callId = await talk(stack, ann, ben);
    expect(await ben.act(callId, 'leave')).toMatchObject({ status: 200 });
    expect(await stateOf(ann, callId)).toEqual({
      state: 'ended',
      endReason: 'hangup',
      endedBy: ben.id,
    });
  });

  test('a group goes on when the host leaves, and the host role passes on', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    const { body } = await ann.act(callId, 'leave');
    expect(body.call).toMatchObject({ state: 'connected', hostId: ben.id });
  });

  test('a caller who leaves before the answer cancels', async () => {
    const callId = await ann.call(ben);
    await ann.act(callId, 'leave');
    expect(await stateOf(ben, callId)).toEqual({
      state: 'cancelled',
      endReason: 'cancelled',
      endedBy: ann.id,
    });
  });

  test('leaving a finished call changes nothing and succeeds', async () => {
    const callId = await talk(stack, ann, ben);
    await ann.act(callId, 'end');
    const before = await stack.contents();
    expect(await ben.act(callId, 'leave')).toMatchObject({ status: 200 });
    expect(await stack.contents()).toEqual(before);
  });
});

describe('end', () => {
  test('the caller cancels while it rings, and the callee stops ringing', async () => {
    const heard = await ben.connect();
    const callId = await ann.call(ben);
    await ann.act(callId, 'end');
    expect(await heard.next('call:ringing_stopped')).toMatchObject({ cause: 'cancelled' });
    expect(await stateOf(ben, callId)).toMatchObject({ state: 'cancelled', endedBy: ann.id });
  });

  test('a ringing callee declines by ending', async () => {
    const callId = await ann.call(ben);
    await ben.act(callId, 'end');
    expect(await stateOf(ann, callId)).toMatchObject({ state: 'declined' });
  });

  test('only the host ends a group', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    expect(coded(await ben.act(callId, 'end'))).toEqual([403, 'FORBIDDEN']);
    expect(await ann.act(callId, 'end')).toMatchObject({ status: 200 });
    expect(await stateOf(ben, callId)).toEqual({
      state: 'ended',
      endReason: 'host_ended',
      endedBy: ann.id,
    });
  });

  test('ending a finished call changes nothing and succeeds', async () => {
    const callId = await talk(stack, ann, ben);
    await ann.act(callId, 'end');
    const before = await stack.contents();
    expect(await ben.act(callId, 'end')).toMatchObject({ status: 200 });
    expect(await stack.contents()).toEqual(before);
  });
});
