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
  test('a third user turns a direct call into a group, and rings', async () => {
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

  test('inviting one who is in it already changes nothing and is no error', async () => {
    const callId = await talk(stack, ann, ben);
    const before = await stack.contents();
    expect(await invite(ann, callId, ben)).toMatchObject({ status: 200 });
    expect(await stack.contents()).toEqual(before);
  });

  test('only busy users: nothing is written', async () => {
    const callId = await talk(stack, ann, ben);
    await talk(stack, cleo, dan);
    const before = await stack.contents();
    expect(coded(await invite(ann, callId, cleo))).toEqual([409, 'USER_BUSY']);
    expect(await stack.contents()).toEqual(before);
  });

  test('busy users hear at once that they were invited, also where all of them are busy', async () => {
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

  test('more than there are seats are refused', async () => {
    const callId = await talk(stack, ann, ben);
    expect(coded(await invite(ann, callId, cleo, dan))).toEqual([409, 'CALL_FULL']);
  });

  test('one who has not accepted invites nobody', async () => {
    const callId = await ann.call(ben);
    expect(coded(await invite(ben, callId, cleo))).toEqual([409, 'NOT_ACCEPTED']);
  });

  test('nobody is rung a fourth time', async () => {
    const callId = await talk(stack, ann, ben);
    for (const again of [1, 2, 3]) {
      expect([again, (await invite(ann, callId, cleo)).status]).toEqual([again, 200]);
      await cleo.act(callId, 'decline');
    }
    expect(coded(await invite(ann, callId, cleo))).toEqual([409, 'INVALID_STATE']);
  });

  test('one who was removed is brought back by the host alone', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    await ann.ask('delete', `/calls/${callId}/participants/${cleo.id}`);
    expect(coded(await invite(ben, callId, cleo))).toEqual([403, 'NOT_ALLOWED']);
    expect(await invite(ann, callId, cleo)).toMatchObject({ status: 200 });
    expect(await cleo.act(callId, 'join')).toMatchObject({ status: 200 });
  });

  test('after the end nobody is invited', async () => {
    const callId = await talk(stack, ann, ben);
    await ann.act(callId, 'end');
    expect(coded(await invite(ann, callId, cleo))).toEqual([409, 'CALL_ENDED']);
  });
});

describe('what a participant has switched on', () => {
  const patch = (user: User, callId: string, body: object) =>
    user.ask('patch', `/calls/${callId}/participant`, { body });

  test('the others hear of it', async () => {
    const heard = await ben.connect();
    const callId = await talk(stack, ann, ben);
    const { status, body } = await patch(ann, callId, { audioEnabled: false, videoEnabled: true });
    const said = { userId: ann.id, audioEnabled: false, videoEnabled: true, screenSharing: false };
    expect({ status, body }).toMatchObject({ status: 200, body: { participant: said } });
    const updated = await heard.next('call:participant_updated');
    expect(updated).toMatchObject({ userId: ann.id, participant: said });
  });

  test('saying what is known already tells nobody', async () => {
    const callId = await talk(stack, ann, ben);
    const before = await stack.contents();
    expect(await patch(ann, callId, { audioEnabled: true })).toMatchObject({ status: 200 });
    expect(await stack.contents()).toEqual(before);
  });

  test('one who has not accepted has nothing to say', async () => {
    const callId = await ann.call(ben);
    expect(coded(await patch(ben, callId, { audioEnabled: false }))).toEqual([409, 'NOT_ACCEPTED']);
  });

  test('one who was removed has nothing to say', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    await ann.ask('delete', `/calls/${callId}/participants/${ben.id}`);
    expect(coded(await patch(ben, callId, { audioEnabled: false }))).toEqual([403, 'NOT_ALLOWED']);
  });

  test('after the end there is nothing to say', async () => {
    const callId = await talk(stack, ann, ben);
    await ann.act(callId, 'end');
    expect(coded(await patch(ann, callId, { audioEnabled: false }))).toEqual([409, 'CALL_ENDED']);
  });
});
