import { hashDevice, type Participant } from '@ringline/contract';
import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import { createUsers, type User } from './user.ts';

const stack = setUpStack();
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

function coded({ status, body }: { status: number; body: { code?: string } }) {
  return [status, body.code];
}

describe('ringing', () => {
  test('an acknowledged ring is published to the others, once', async () => {
    const heard = await ann.connect();
    const callId = await ann.call(ben);
    expect(await ben.act(callId, 'ringing')).toMatchObject({ status: 200 });
    expect(await ben.act(callId, 'ringing')).toMatchObject({ status: 200 });
    await heard.send('call:sync');
    expect(heard.names().filter((name) => name === 'call:ringing')).toHaveLength(1);
  });

  test('a user who declined may not acknowledge a ring', async () => {
    const callId = await ann.call(ben, cleo);
    await ben.act(callId, 'decline');
    expect(coded(await ben.act(callId, 'ringing'))).toEqual([409, 'INVALID_STATE']);
  });

  test('a removed user may not acknowledge a ring', async () => {
    const callId = await ann.call(ben, cleo);
    await ann.ask('delete', `/calls/${callId}/participants/${ben.id}`);
    expect(coded(await ben.act(callId, 'ringing'))).toEqual([403, 'NOT_ALLOWED']);
  });

  test('a ring of an ended call cannot be acknowledged', async () => {
    const callId = await ann.call(ben);
    await ann.act(callId, 'end');
    expect(coded(await ben.act(callId, 'ringing'))).toEqual([409, 'CALL_ENDED']);
  });
});

describe('join', () => {
  test('the first accept wins, and the other device hears that it was answered elsewhere', async () => {
    const callId = await ann.call(ben);
    const [first, second] = await Promise.all([
      ben.act(callId, 'join', {}, { device: 'phone' }),
      ben.act(callId, 'join', {}, { device: 'tablet' }),
    ]);
    expect([coded(first), coded(second)].sort()).toEqual([
      [200, undefined],
      [409, 'ANSWERED_ELSEWHERE'],
    ]);
  });

  test('a second join from the same device returns a fresh connection', async () => {
    const callId = await ann.call(ben);
    await ben.act(callId, 'join', {}, { device: 'phone' });
    const again = await ben.act(callId, 'join', {}, { device: 'phone' });
    expect(again).toMatchObject({
      status: 200,
      body: { connection: { url: stack.livekit.publicUrl } },
    });
  });

  test('a takeover moves the call to this device, and the old one loses it', async () => {
    const callId = await ann.call(ben);
    await ben.act(callId, 'join', {}, { device: 'phone' });
    const moved = await ben.act(callId, 'join', { takeover: true }, { device: 'tablet' });
    expect(moved).toMatchObject({ status: 200, body: { connection: {} } });
    expect(coded(await ben.act(callId, 'join', {}, { device: 'phone' }))).toEqual([
      409,
      'ANSWERED_ELSEWHERE',
    ]);
  });

  test("a snapshot shows a participant's device only to that user's devices", async () => {
    const callId = await ann.call(ben);
    const hashes = async () => {
      const { body } = await ann.ask('get', `/calls/${callId}`);
      return body.call.participants.map((one: Participant) => one.deviceHash);
    };
    const onDevice = (device: string) => hashDevice(callId, ben.id, device);
    expect((await hashes())[1]).toBeNull();
    await ben.act(callId, 'join', {}, { device: 'phone' });
    expect((await hashes())[1]).toBe(onDevice('phone'));
    const updated = (await ann.connect()).next('call:participant_updated');
    await ben.act(callId, 'join', { takeover: true }, { device: 'tablet' });
    expect((await updated).participant.deviceHash).toBe(onDevice('tablet'));
    expect((await hashes())[1]).toBe(onDevice('tablet'));
    await ben.act(callId, 'leave');
    expect(await hashes()).toEqual([null, null]);
  });

  test('callers cannot answer their own call on another device', async () => {
    const started = await ann.ask('post', '/calls/start', {
      body: { type: 'audio', participantIds: [ben.id] },
      device: 'a',
    });
    const callId = started.body.call.id;
    const elsewhere = await ann.act(callId, 'join', {}, { device: 'b' });
    expect(coded(elsewhere)).toEqual([409, 'ANSWERED_ELSEWHERE']);
  });

  test('a user who left a group comes back by rejoining', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    await cleo.act(callId, 'leave');
    expect(coded(await cleo.act(callId, 'join'))).toEqual([409, 'INVALID_STATE']);
    const back = await cleo.act(callId, 'join', { rejoin: true });
    expect(back).toMatchObject({ status: 200, body: { connection: {} } });
  });

  test('a user who is in another call by then does not come back', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    await cleo.act(callId, 'leave');
    const [dan] = (await createUsers(stack, 'dan')) as [User];
    const otherCallId = await dan.call(cleo);
    const back = await cleo.act(callId, 'join', { rejoin: true });
    expect(coded(back)).toEqual([409, 'CALLER_BUSY']);
    expect(back.body.existingCallId).toBe(otherCallId);
  });

  test('a removed user does not come back', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    await ann.ask('delete', `/calls/${callId}/participants/${ben.id}`);
    expect(coded(await ben.act(callId, 'join', { rejoin: true }))).toEqual([403, 'NOT_ALLOWED']);
  });

  test('a late accept is refused with the outcome of the call', async () => {
    const callId = await ann.call(ben);
    await stack.moveTime(31_000);
    expect(coded(await ben.act(callId, 'join'))).toEqual([409, 'CALL_ENDED']);
    const { body } = await ben.ask('get', `/calls/${callId}`);
    expect(body.call).toMatchObject({ state: 'missed', endReason: 'no_answer' });
  });

  test('a declined call cannot be accepted', async () => {
    const callId = await ann.call(ben);
    await ben.act(callId, 'decline');
    expect(coded(await ben.act(callId, 'join'))).toEqual([409, 'CALL_ENDED']);
  });
});

describe('token', () => {
  test('a user in the call gets fresh credentials', async () => {
    const callId = await talk(stack, ann, ben);
    const { status, body } = await ben.act(callId, 'token');
    expect(status).toBe(200);
    expect(body.connection.token).toMatch(/^ey/);
  });

  test('a user who has not accepted gets none', async () => {
    const callId = await ann.call(ben);
    expect(coded(await ben.act(callId, 'token'))).toEqual([409, 'NOT_ACCEPTED']);
  });

  test('another device gets none without a takeover', async () => {
    const callId = await ann.call(ben);
    await ben.act(callId, 'join', {}, { device: 'phone' });
    expect(coded(await ben.act(callId, 'token', {}, { device: 'tablet' }))).toEqual([
      409,
      'ANSWERED_ELSEWHERE',
    ]);
    const moved = await ben.act(callId, 'token', { takeover: true }, { device: 'tablet' });
    expect(moved).toMatchObject({ status: 200, body: { connection: {} } });
  });

  test('a removed user gets none', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    await ann.ask('delete', `/calls/${callId}/participants/${ben.id}`);
    expect(coded(await ben.act(callId, 'token'))).toEqual([403, 'NOT_ALLOWED']);
  });

  test('an ended call gives none', async () => {
    const callId = await talk(stack, ann, ben);
    await ann.act(callId, 'end');
    expect(coded(await ben.act(callId, 'token'))).toEqual([409, 'CALL_ENDED']);
  });
});
