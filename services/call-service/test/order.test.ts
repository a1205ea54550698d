import { applyEvent } from '@ringline/client';
import type { Call, CallEvent } from '@ringline/contract';
import { talk } from './calls.ts';
import type { Device } from './device.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import { report, roomOf } from './livekit-reports.ts';
import type { User } from './user.ts';

/*
 * A client gets again everything that it missed: the events after any number, and the current state
 * of its calls.
 */

const stack = setUpStack({ replicas: 2 });
const [ann, ben, cleo] = setUpUsers(stack, 'ann', 'ben', 'cleo');

/** A call in which much happens: a callee declines, is rung again, is lost, and comes back. */
async function eventfulCall(): Promise<string> {
  const callId = await ann.call(ben, cleo);
  await ben.act(callId, 'ringing');
  await cleo.act(callId, 'decline');
  await ben.act(callId, 'join');
  const room = await roomOf(stack, callId);
  const say = (event: string, { id }: User, joinedAtMs: number) =>
    report(stack, {
      event,
      room,
      participant: { identity: id, sid: `PA_${id}_${joinedAtMs}`, joinedAtMs },
    });
  await say('participant_joined', ann, 1);
  await say('participant_joined', ben, 1);
  await ann.act(callId, 'invite', { participantIds: [cleo.id] });
  await say('participant_left', ben, 1);
  await say('participant_joined', ben, 2);
  await ben.ask('patch', `/calls/${callId}/participant`, { body: { audioEnabled: false } });
  await ann.act(callId, 'end');
  return callId;
}

async function callOf(user: User, callId: string): Promise<Call> {
  return (await user.ask('get', `/calls/${callId}`)).body.call;
}
async function eventsOf(user: User, callId: string, after = 0): Promise<CallEvent[]> {
  return (await user.ask('get', `/calls/${callId}/events?after=${after}`)).body.events;
}
function foldOf(events: CallEvent[], from?: Call): Call {
  return events.reduce(applyEvent, from ?? ({} as Call));
}
async function sync(device: Device, calls: Record<string, number>): Promise<Call[]> {
  return (await device.send('call:sync', { calls })).data.calls;
}

test('the events after any number turn the call of that time into the current one', async () => {
  const callId = await eventfulCall();
  const call = await callOf(ann, callId);
  const events = await eventsOf(ann, callId);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  for (let known = 0; known <= call.seq; known += 1) {
    const missed = await eventsOf(cleo, callId, known);
    expect(missed).toEqual(events.slice(known));
    expect(foldOf(missed, foldOf(events.slice(0, known)))).toEqual(call);
  }
});

test('a device that connects in the middle gets the current call and every later event', async () => {
  const callId = await talk(stack, ann, ben, cleo);
  const late = await ben.connect('late', stack.replicas[1]);
  const [synced] = (await late.next('call:sync')).calls as [Call];
  expect(synced).toEqual(await callOf(ben, callId));
  for (const audioEnabled of [false, true, false]) {
    await ann.ask('patch', `/calls/${callId}/participant`, { body: { audioEnabled } });
  }
  await ann.act(callId, 'end');
  await late.next('call:ended');
  const heard = late.heard
    .filter(({ payload }) => payload.at !== undefined && payload.seq > synced.seq)
    .map(({ name, payload }) => ({ event: name, ...payload }) as CallEvent)
    .sort((one, other) => one.seq - other.seq);
  expect(heard).toEqual(await eventsOf(ben, callId, synced.seq));
  expect(foldOf(heard, synced)).toEqual(await callOf(ben, callId));
});

test('call:sync returns every active or named call, whatever the client knows of it', async () => {
  const over = await eventfulCall();
  const running = await ann.call(ben);
  const device = await ann.connect();
  const calls = [await callOf(ann, running), await callOf(ann, over)];
  for (const known of [0, 3, 100_000]) {
    expect(await sync(device, { [over]: known, [running]: known })).toEqual(calls);
  }
  expect(await sync(device, {})).toEqual(calls.slice(0, 1));
});

test('a removed user gets the call by its id, and no ring', async () => {
  const callId = await talk(stack, ann, ben, cleo);
  await ann.ask('delete', `/calls/${callId}/participants/${cleo.id}`);
  const device = await cleo.connect();
  expect(await device.next('call:sync')).toEqual({ calls: [] });
  expect(await sync(device, { [callId]: 1 })).toEqual([await callOf(ann, callId)]);
});

test('a missed ring rings at the next connect while it lasts', async () => {
  const callId = await ann.call(ben);
  const first = await ben.connect('first', stack.replicas[1]);
  expect((await first.next('call:sync')).calls).toMatchObject([
    { id: callId, participants: [{}, { userId: ben.id, state: 'invited' }] },
  ]);
  await ann.act(callId, 'end');
  const second = await ben.connect('second');
  expect(await second.next('call:sync')).toEqual({ calls: [] });
});
