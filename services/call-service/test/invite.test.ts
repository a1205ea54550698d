import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import type { User } from './user.ts';

const stack = setUpStack({ env: { MAX_PARTICIPANTS: '3' } });
const [ann, ben, cleo, dan] = setUpUsers(stack, 'ann', 'ben', 'cleo', 'dan');

function coded({ status, body }: { status: number; body: { code?: string } }) {
  return [status, body.code];
}
function invite(user: User, callId: string, ...invited: User[]) {
  return user.act(callId, 'invite', { participantIds: invited.map(({ id }) => id) });
}

describe('invite', () => {
  test('turns a direct call into a group, and the third user rings', async () => {
    const [heard, ringing] = [await ben.connect(), await cleo.connect()];
    const callId = await talk(stack, ann, ben);
    const { status, body } = await invite(ben, callId, cleo);
    expect({ status, mode: body.call.mode, hostId: body.call.hostId }).toEqual({
      status: 200,
      mode: 'group',
      hostId: ann.id,
    });
    expect(await heard.next('call:updated', ({ mode }) => mode === 'group')).toMatchObject({
      hostId: ann.id,
    });
    expect(await ringing.next('call:incoming')).toMatchObject({ callId });
  });

  test('of a user who is already in the call changes nothing and succeeds', async () => {
    const callId = await talk(stack, ann, ben);
    const before = await stack.contents();
    expect(await invite(ann, callId, ben)).toMatchObject({ status: 200 });
    expect(await stack.contents()).toEqual(before);
  });

  test('of busy users only writes nothing', async () => {
    const callId = await talk(stack, ann, ben);
    await talk(stack, cleo, dan);
    const before = await stack.contents();
    expect(coded(await invite(ann, callId, cleo))).toEqual([409, 'USER_BUSY']);
    expect(await stack.contents()).toEqual(before);
  });

  test('notifies busy users at once, also when all of them are busy', async () => {
    const callId = await talk(stack, ann, ben);
    await talk(stack, cleo, dan);
    const heard = await cleo.connect();
    expect(coded(await invite(ann, callId, cleo))).toEqual([409, 'USER_BUSY']);
    expect(await heard.next('call:missed_busy')).toMatchObject({
      callId,
      call: { initiatorId: ann.id, state: 'connected' },
    });
    expect(heard.names()).not.toContain('call:incoming');
  });

  test('beyond the seats of the call is refused', async () => {
    const callId = await talk(stack, ann, ben);
    expect(coded(await invite(ann, callId, cleo, dan))).toEqual([409, 'CALL_FULL']);
  });

  test('by a user who has not accepted is refused', async () => {
    const callId = await ann.call(ben);
    expect(coded(await invite(ben, callId, cleo))).toEqual([409, 'NOT_ACCEPTED']);
  });

  test('rings a user three times at most', async () => {
    const callId = await talk(stack, ann, ben);
    for (const again of [1, 2, 3]) {
      expect([again, (await invite(ann, callId, cleo)).status]).toEqual([again, 200]);
      await cleo.act(callId, 'decline');
    }
    expect(coded(await invite(ann, callId, cleo))).toEqual([409, 'INVALID_STATE']);
  });

  test('of a removed user is for the host alone', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    await ann.ask('delete', `/calls/${callId}/participants/${cleo.id}`);
    expect(coded(await invite(ben, callId, cleo))).toEqual([403, 'NOT_ALLOWED']);
    expect(await invite(ann, callId, cleo)).toMatchObject({ status: 200 });
    expect(await cleo.act(callId, 'join')).toMatchObject({ status: 200 });
  });

  test('after the end is refused', async () => {
    const callId = await talk(stack, ann, ben);
    await ann.act(callId, 'end');
    expect(coded(await invite(ann, callId, cleo))).toEqual([409, 'CALL_ENDED']);
  });
});

describe('a toggle of microphone or camera', () => {
  const patch = (user: User, callId: string, body: object) =>
    user.ask('patch', `/calls/${callId}/participant`, { body });

  test('is published to the others', async () => {
    const heard = await ben.connect();
    const callId = await talk(stack, ann, ben);
    const { status, body } = await patch(ann, callId, { audioEnabled: false, videoEnabled: true });
    const said = { userId: ann.id, audioEnabled: false, videoEnabled: true, screenSharing: false };
    expect({ status, body }).toMatchObject({ status: 200, body: { participant: said } });
    const updated = await heard.next('call:participant_updated');
    expect(updated).toMatchObject({ userId: ann.id, participant: said });
  });

  test('without a change is not published', async () => {
    const callId = await talk(stack, ann, ben);
    const before = await stack.contents();
    expect(await patch(ann, callId, { audioEnabled: true })).toMatchObject({ status: 200 });
    expect(await stack.contents()).toEqual(before);
  });

  test('by a user who has not accepted is refused', async () => {
    const callId = await ann.call(ben);
    expect(coded(await patch(ben, callId, { audioEnabled: false }))).toEqual([409, 'NOT_ACCEPTED']);
  });

  test('by a removed user is refused', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    await ann.ask('delete', `/calls/${callId}/participants/${ben.id}`);
    expect(coded(await patch(ben, callId, { audioEnabled: false }))).toEqual([403, 'NOT_ALLOWED']);
  });

  test('after the end is refused', async () => {
    const callId = await talk(stack, ann, ben);
    await ann.act(callId, 'end');
    expect(coded(await patch(ann, callId, { audioEnabled: false }))).toEqual([409, 'CALL_ENDED']);
  });
});
