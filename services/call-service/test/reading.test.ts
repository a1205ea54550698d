import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import type { User } from './user.ts';

const stack = setUpStack();
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

async function get(user: User, path: string) {
  return (await user.ask('get', path)).body;
}
function idsOf(entries: { call: { id: string } }[]) {
  return entries.map(({ call }) => call.id);
}

async function declinedCall(caller: User, callee: User, more: object = {}): Promise<string> {
  const body = { type: 'audio', participantIds: [callee.id], ...more };
  const started = await caller.ask('post', '/calls/start', { body });
  const callId = started.body.call.id;
  await callee.act(callId, 'decline');
  return callId;
}

describe('one call', () => {
  test('stays readable to a user who left, and to a removed user', async () => {
    const callId = await talk(stack, ann, ben, cleo);
    await cleo.act(callId, 'leave');
    await ann.ask('delete', `/calls/${callId}/participants/${ben.id}`);
    for (const user of [ben, cleo]) {
      expect((await get(user, `/calls/${callId}`)).call.id).toBe(callId);
    }
  });
});

describe('events', () => {
  test('are the ones that the sockets carried, in order and without gaps', async () => {
    const heard = await ann.connect();
    const callId = await talk(stack, ann, ben);
    await ann.act(callId, 'end');
    await heard.next('call:ended');
    const { events } = await get(ann, `/calls/${callId}/events`);
    expect(events.map(({ seq }: { seq: number }) => seq)).toEqual(
      events.map((_: unknown, index: number) => index + 1),
    );
    const carried = heard.heard
      .filter(({ payload }) => payload.seq !== undefined && payload.at !== undefined)
      .map(({ name, payload }) => ({ event: name, ...payload }));
    expect(carried).toEqual(events);
  });

  test('are listed from a given one on', async () => {
    const callId = await talk(stack, ann, ben);
    const { events } = await get(ann, `/calls/${callId}/events`);
    const later = await get(ann, `/calls/${callId}/events?after=${events[1].seq}`);
    expect(later.events).toEqual(events.slice(2));
    const none = await get(ann, `/calls/${callId}/events?after=2147483647`);
    expect(none.events).toEqual([]);
  });
});

describe('active calls', () => {
  test('are those in which the user rings or takes part', async () => {
    await declinedCall(ann, ben);
    const callId = await ann.call(ben);
    for (const user of [ann, ben]) {
      expect((await get(user, '/calls/active')).calls).toMatchObject([{ id: callId }]);
    }
    expect((await get(cleo, '/calls/active')).calls).toEqual([]);
  });

  test('may be filtered by conversation', async () => {
    const body = { type: 'audio', participantIds: [ben.id], conversationId: 'of/these & those' };
    const started = await ann.ask('post', '/calls/start', { body });
    const asked = (id: string) =>
      get(ann, `/calls/active?conversationId=${encodeURIComponent(id)}`);
    expect((await asked(body.conversationId)).calls).toMatchObject([{ id: started.body.call.id }]);
    expect((await asked('another')).calls).toEqual([]);
  });
});

describe('history', () => {
  test('shows each user their own outcome', async () => {
    const declined = await declinedCall(ann, ben);
    const spoken = await talk(stack, ben, ann);
    await ben.act(spoken, 'end');
    const [mine, theirs] = [await get(ann, '/calls/history'), await get(ben, '/calls/history')];
    const outcomesOf = (entries: { call: { id: string }; direction: string; outcome: string }[]) =>
      entries.map(({ call, direction, outcome }) => [call.id, direction, outcome]);
    expect(outcomesOf(mine.entries)).toEqual([
      [spoken, 'incoming', expect.stringMatching(/completed|cancelled/)],
      [declined, 'outgoing', 'declined'],
    ]);
    expect(outcomesOf(theirs.entries)).toMatchObject([
      [spoken, 'outgoing', expect.anything()],
      [declined, 'incoming', 'declined'],
    ]);
  });

  test('continues where the last page ended, even after new calls', async () => {
    const calls: string[] = [];
    for (let count = 0; count < 5; count += 1) calls.unshift(await declinedCall(ann, ben));
    const first = await get(ann, '/calls/history?limit=2');
    await declinedCall(ann, ben);
    const second = await get(ann, `/calls/history?limit=2&cursor=${first.nextCursor}`);
    const third = await get(ann, `/calls/history?limit=2&cursor=${second.nextCursor}`);
    expect(idsOf([...first.entries, ...second.entries, ...third.entries])).toEqual(calls);
    expect(third.nextCursor).toBeNull();
  });

  test("shows the user's own calls even with another user's cursor", async () => {
    const older = await declinedCall(cleo, ben);
    await declinedCall(ann, ben);
    await declinedCall(ann, ben);
    const { nextCursor } = await get(ann, '/calls/history?limit=1');
    const stolen = await get(cleo, `/calls/history?cursor=${nextCursor}`);
    expect(idsOf(stolen.entries)).toEqual([older]);
  });

  test('refuses an invalid cursor', async () => {
    for (const cursor of ['x', 'eyJ9', Buffer.from('1.2').toString('base64url')]) {
      const { status, body } = await ann.ask('get', `/calls/history?cursor=${cursor}`);
      expect({ status, code: body.code }).toEqual({ status: 400, code: 'VALIDATION_FAILED' });
    }
  });

  test('is filtered by type, outcome, direction and conversation', async () => {
    const video = await declinedCall(ann, ben, { type: 'video', conversationId: 'c' });
    const audio = await declinedCall(ben, ann);
    const found = async (query: string) =>
      idsOf((await get(ann, `/calls/history?${query}`)).entries);
    expect(await found('type=video')).toEqual([video]);
    expect(await found('direction=incoming')).toEqual([audio]);
    expect(await found('conversationId=c')).toEqual([video]);
    expect(await found('outcome=declined')).toEqual([audio, video]);
    expect(await found('outcome=missed')).toEqual([]);
  });
});

test("stats count the user's own outcomes", async () => {
  await declinedCall(ann, ben);
  await ann.call(ben);
  expect(await get(ann, '/calls/stats')).toMatchObject({
    total: 2,
    active: 1,
    declined: 1,
    completed: 0,
    successRate: 0,
  });
  expect(await get(cleo, '/calls/stats')).toMatchObject({ total: 0, averageDurationSeconds: 0 });
});
