import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import { bodyOf, postWebhook, report, reportJoined, roomOf, sign } from './livekit-reports.ts';
import type { User } from './user.ts';

const stack = setUpStack({ env: { RECONNECT_GRACE_SECONDS: '15' } });
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

async function callOf(user: User, callId: string) {
  return (await user.ask('get', `/calls/${callId}`)).body.call;
}
async function stateOf(user: User, callId: string, of: User): Promise<string> {
  return (await callOf(user, callId)).participants.find(
    ({ userId }: { userId: string }) => userId === of.id,
  ).state;
}
function session(user: User, number: number, more: object = {}) {
  return {
    identity: user.id,
    sid: `PA_${user.id}_${number}`,
    joinedAtMs: 1_700_000_000_000 + number,
    ...more,
  };
}
async function outcomes() {
  const metric = await stack.replicas[0].metrics.livekitWebhooks.get();
  return Object.fromEntries(
    metric.values.map(({ labels, value }) => [`${labels.event} ${labels.outcome}`, value]),
  );
}

test('two users joined in LiveKit make the call connected', async () => {
  const heard = await ann.connect();
  const callId = await ann.call(ben);
  await ben.act(callId, 'join');
  await reportJoined(stack, callId, ann.id);
  expect((await callOf(ann, callId)).state).toBe('connecting');
  await reportJoined(stack, callId, ben.id);
  expect(await heard.next('call:state_changed', ({ state }) => state === 'connected')).toBeTruthy();
  const call = await callOf(ann, callId);
  expect(call.connectedAt).not.toBeNull();
});

describe('a webhook by a LiveKit whose clock is', () => {
  const reportedAt = async (clockAheadMs: number): Promise<number> => {
    const body = bodyOf({ event: 'room_started', room: 'call_elsewhere.room' });
    const { status } = await postWebhook(
      stack,
      body,
      await sign(stack.livekit, body, clockAheadMs),
    );
    return status;
  };

  test.each([15_000, 60_000, -60_000])('%d ms ahead is accepted', async (clockAheadMs) => {
    expect(await reportedAt(clockAheadMs)).toBe(200);
  });

  test('an hour ahead is refused', async () => {
    expect(await reportedAt(3_600_000)).toBe(401);
  });
});

describe('an unauthentic webhook', () => {
  const forged: [string, (body: string) => Promise<[string, string | null]>][] = [
    ['without a signature', async (body) => [body, null]],
    ['with a malformed signature', async (body) => [body, 'x']],
    [
      'by another key',
      async (body) => [body, await sign({ ...stack.livekit, apiKey: 'other' }, body)],
    ],
    [
      'by another secret',
      async (body) => [body, await sign({ ...stack.livekit, apiSecret: 'x'.repeat(32) }, body)],
    ],
    ['for another body', async (body) => [body, await sign(stack.livekit, `${body} `)]],
    [
      'changed on the way',
      async (body) => [body.replace('ann', 'eve'), await sign(stack.livekit, body)],
    ],
    ['with the token of a user', async (body) => [body, ann.token]],
  ];

  test.each(forged)('%s has no effect', async (_what, forge) => {
    const callId = await ann.call(ben);
    await ben.act(callId, 'join');
    const before = await stack.contents();
    const room = await roomOf(stack, callId);
    const body = bodyOf({ event: 'participant_joined', room, participant: session(ann, 1) });
    const answer = await postWebhook(stack, ...(await forge(body)));
    expect([answer.status, answer.body.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(await stack.contents()).toEqual(before);
  });

  test('as ordinary JSON has no effect either', async () => {
    const body = bodyOf({ event: 'room_finished', room: 'x' });
    const answer = await request(stack.replicas[0].url)
      .post('/webhooks/livekit')
      .set('Authorization', await sign(stack.livekit, body))
      .set('Content-Type', 'application/json')
      .send(body);
    expect(answer.status).toBe(401);
  });

  test('beyond the size limit is not even read', async () => {
    const answer = await postWebhook(stack, 'x'.repeat(1_100_000), null);
    expect(answer.status).toBe(413);
  });
});

test('a repeated webhook is processed once', async () => {
  const callId = await talk(stack, ann, ben);
  const room = await roomOf(stack, callId);
  const left = { event: 'participant_left', room, id: randomUUID() };
  const participant = { identity: ben.id, sid: `PA_${ben.id}_1`, joinedAtMs: Date.now() };
  expect((await report(stack, { ...left, participant })).status).toBe(200);
  expect(await stateOf(ann, callId, ben)).toBe('reconnecting');
  await report(stack, {
    event: 'participant_joined',
    room,
    participant: { ...participant, sid: 'PA_new', joinedAtMs: Date.now() + 1 },
  });
  expect(await stateOf(ann, callId, ben)).toBe('joined');
  const before = await stack.contents();
  const again = await report(stack, {
    ...left,
    participant: { ...participant, sid: 'PA_new', joinedAtMs: Date.now() + 1 },
  });
  expect(again.status).toBe(200);
  expect(await stack.contents()).toEqual(before);
});

test('the late left of an old session, after the new one joined, changes nothing', async () => {
  const callId = await ann.call(ben);
  await ben.act(callId, 'join');
  await reportJoined(stack, callId, ann.id);
  const room = await roomOf(stack, callId);
  const say = (event: string, number: number) =>
    report(stack, { event, room, participant: session(ben, number) });
  await say('participant_joined', 1);
  await say('participant_joined', 2);
  await say('participant_left', 1);
  expect(await stateOf(ann, callId, ben)).toBe('joined');
  await say('participant_left', 2);
  expect(await stateOf(ann, callId, ben)).toBe('reconnecting');
});

test('a session that is replaced by another is a move, not a loss', async () => {
  const callId = await ann.call(ben);
  await ben.act(callId, 'join');
  await reportJoined(stack, callId, ann.id);
  const room = await roomOf(stack, callId);
  const disconnectReason = 'DUPLICATE_IDENTITY';
  await report(stack, { event: 'participant_joined', room, participant: session(ben, 1) });
  await report(stack, {
    event: 'participant_left',
    room,
    participant: session(ben, 1, { disconnectReason }),
  });
  expect(await stateOf(ann, callId, ben)).toBe('joined');
});

test('a user who is lost and does not come back ends a direct call', async () => {
  const callId = await ann.call(ben);
  await ben.act(callId, 'join');
  await reportJoined(stack, callId, ann.id, ben.id);
  await report(stack, {
    event: 'participant_left',
    room: await roomOf(stack, callId),
    participant: { identity: ben.id, sid: `PA_${ben.id}_1`, joinedAtMs: Date.now() },
  });
  await stack.moveTime(16_000);
  expect(await ann.act(callId, 'leave')).toMatchObject({
    status: 200,
    body: { call: { state: 'ended', endReason: 'connection_lost', endedBy: null } },
  });
});

test('an aborted connection is in the timeline and has no other effect', async () => {
  const callId = await ann.call(ben);
  await ben.act(callId, 'join');
  const { seq } = await callOf(ann, callId);
  const room = await roomOf(stack, callId);
  await report(stack, {
    event: 'participant_connection_aborted',
    room,
    participant: session(ben, 1),
  });
  expect((await callOf(ann, callId)).seq).toBe(seq);
  const reports = await stack.database.query(
    'SELECT event, user_id, sid FROM livekit_reports WHERE call_id = $1',
    [callId],
  );
  expect(reports.rows).toEqual([
    { event: 'participant_connection_aborted', user_id: ben.id, sid: `PA_${ben.id}_1` },
  ]);
});

test('a webhook without a meaning for us is acknowledged and ignored', async () => {
  const callId = await talk(stack, ann, ben);
  const room = await roomOf(stack, callId);
  const before = await stack.contents();
  const answers = [
    await report(stack, { event: 'room_started', room }),
    await report(stack, { event: 'track_published', room, participant: session(ben, 1) }),
    await report(stack, {
      event: 'participant_joined',
      room,
      participant: session(cleo, 1, { kind: 'EGRESS' }),
    }),
    await report(stack, {
      event: 'participant_left',
      room: 'call_unknown',
      participant: session(ben, 1),
    }),
    await report(stack, { event: 'room_finished', room: 'call_unknown' }),
    await report(stack, { event: 'something_new' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(await stack.contents()).toEqual(before);
});

test('a room that is lost during a call is created again', async () => {
  const callId = await talk(stack, ann, ben);
  const room = await roomOf(stack, callId);
  const { RoomServiceClient } = await import('livekit-server-sdk');
  const rooms = new RoomServiceClient(
    stack.livekit.url,
    stack.livekit.apiKey,
    stack.livekit.apiSecret,
  );
  await rooms.deleteRoom(room);
  await report(stack, { event: 'room_finished', room });
  const deadline = Date.now() + 5000;
  while ((await rooms.listRooms([room])).length === 0) expect(Date.now()).toBeLessThan(deadline);
  expect((await callOf(ann, callId)).state).toBe('connected');
});

test('each webhook is counted by its result', async () => {
  const callId = await ann.call(ben);
  await reportJoined(stack, callId, ann.id);
  await postWebhook(stack, '{}', null);
  expect(await outcomes()).toMatchObject({
    'participant_joined taken_in': expect.any(Number),
    'unknown not_believed': expect.any(Number),
  });
});

test('LiveKit gets 503 while the database is away, so that it tries again', async () => {
  const callId = await ann.call(ben);
  const room = await roomOf(stack, callId);
  const on = await stack.startReplica({ DATABASE_URL: 'postgres://ringline@127.0.0.1:9/none' });
  const body = bodyOf({ event: 'room_finished', room });
  const answer = await request(on.url)
    .post('/webhooks/livekit')
    .set('Content-Type', 'application/webhook+json')
    .set('Authorization', await sign(stack.livekit, body))
    .send(body);
  expect([answer.status, answer.body.code]).toEqual([503, 'UNAVAILABLE']);
});
