import { applyEvent } from '@ringline/client';
import type { CallEvent, Call as WireCall } from '@ringline/contract';
import { activeUserIds, findParticipant, getOutcome } from '@ringline/domain';
import { toWireCall, toWireEvents } from '@ringline/engine';
import { until } from '@ringline/testing/until';
import type { Device } from '../device.ts';
import { listMessages, type Message } from './messages.ts';
import { replicaOf, type Service } from './service.ts';
import { type Commit, callIn, type World } from './world.ts';

/** The events of a call in the form of the wire. */
export function eventsOf({ commits }: World, callId: string): CallEvent[] {
  return commits
    .filter(({ after }) => after.id === callId)
    .flatMap(({ before, events }) => toWireEvents(before, events));
}

async function readCall({ stack, operators }: Service, path: string, replica: number) {
  return (await operators.admin.ask('get', `/calls/${path}`, { on: replicaOf(stack, replica) }))
    .body;
}

/** A call and its events as the service returns them, each read from another replica. */
export async function callAsKept(
  service: Service,
  callId: string,
): Promise<{ call: WireCall; events: CallEvent[] }> {
  const { call } = await readCall(service, callId, 0);
  const { events } = await readCall(service, `${callId}/events`, 1);
  return { call, events };
}

/** Checks that a call and its events are the model's, and that the events fold to the call. */
export async function checkCall(service: Service, world: World, callId: string): Promise<void> {
  const { call, events } = await callAsKept(service, callId);
  expect(call).toEqual(toWireCall(callIn(world, callId)));
  expect(events).toEqual(eventsOf(world, callId));
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.reduce(applyEvent, {} as WireCall)).toEqual(call);
  const { entries } = await readCall(service, `${callId}/timeline`, 0);
  const reported = [...world.reports.values()].filter((report) => report.callId === callId);
  const inTimeline = entries.filter(({ kind }: { kind: string }) => kind === 'report');
  expect(inTimeline).toHaveLength(reported.length);
}

/** Checks that no user is active in two calls, and that each is where the model has them. */
export async function checkClaims({ stack, users }: Service, world: World): Promise<void> {
  const live = [...world.calls.values()].flatMap((call) =>
    activeUserIds(call).map((userId) => ({ user_id: userId, call_id: call.id })),
  );
  expect(new Set(live.map(({ user_id }) => user_id)).size).toBe(live.length);
  const kept = await stack.database.query(
    `SELECT user_id, call_id FROM call_participants
     WHERE outcome = 'ongoing' AND user_id = ANY ($1) ORDER BY user_id`,
    [[...users.keys()]],
  );
  expect(kept.rows).toEqual(live.sort((a, b) => (a.user_id < b.user_id ? -1 : 1)));
}

/** Checks the outcome of each call for each of its participants in their history and stats. */
export async function checkHistory({ users }: Service, world: World): Promise<void> {
  for (const user of users.values()) {
    const { entries } = (await user.ask('get', '/calls/history?limit=100')).body;
    const own = [...world.calls.values()]
      .filter((call) => findParticipant(call, user.id) !== undefined)
      .map((call) => ({
        call: toWireCall(call),
        direction: call.initiatorId === user.id ? 'outgoing' : 'incoming',
        outcome: getOutcome(call, user.id),
      }));
    const byId = (one: { call: { id: string } }, other: { call: { id: string } }) =>
      one.call.id < other.call.id ? -1 : 1;
    expect(entries.toSorted(byId)).toEqual(own.sort(byId));
    const { body: stats } = await user.ask('get', '/calls/stats');
    const having = (outcome: string) => own.filter((one) => one.outcome === outcome).length;
    expect(stats).toMatchObject({
      total: own.length,
      active: having('ongoing'),
      completed: having('completed'),
      missed: having('missed'),
      declined: having('declined'),
      failed: having('failed'),
    });
  }
}

/** The order between replicas is not guaranteed; clients put events in order by `seq`. */
function sorted(messages: readonly Message[]): string[] {
  return messages.map(({ name, payload }) => JSON.stringify([name, payload])).sort();
}

function isRing(message: string): boolean {
  return JSON.parse(message)[0] === 'call:incoming';
}
function callOfRing(message: string): string {
  return JSON.parse(message)[1].callId;
}

function heardBy({ heard }: Device): Message[] {
  return heard
    .filter(({ name }) => name !== 'call:sync')
    .map(({ name, payload }) => ({ name, payload }));
}

/**
 * Leaves out repeats of rings without an acknowledgement, which show the call as it was by then.
 */
function withoutRepeats(heard: readonly string[], expected: readonly string[]): string[] {
  const first = heard.filter((one, index) => !isRing(one) || heard.indexOf(one) === index);
  const ringing = new Set(expected.filter(isRing).map(callOfRing));
  return first.filter(
    (one) => !isRing(one) || expected.includes(one) || !ringing.has(callOfRing(one)),
  );
}

/** Checks that each device received its user's messages, no more and no less. */
export async function checkHeard({ sockets }: Service, world: World): Promise<void> {
  for (const [userId, devices] of sockets) {
    for (const [deviceId, device] of devices) {
      const expected = sorted(listMessages(world, userId, deviceId));
      await until(`${deviceId} of ${userId} has received every message`, () => {
        expect(withoutRepeats(sorted(heardBy(device)), expected)).toEqual(expected);
        return true;
      });
    }
  }
}

function wireEventsOf({ before, events }: Commit): string[] {
  return toWireEvents(before, events).map((event) => JSON.stringify(event));
}

/** Events that a user receives in every case: those after which they are active in the call. */
function surelyHeardBy({ commits }: World, userId: string): string[] {
  return commits.filter(({ after }) => activeUserIds(after).includes(userId)).flatMap(wireEventsOf);
}

/**
 * Events that a user may have received: an expired deadline may have shared the commit of the next
 * act at the same moment.
 */
function maybeHeardBy({ commits }: World, userId: string): string[] {
  const isAddressed = ({ after }: Commit) => findParticipant(after, userId) !== undefined;
  const nextOf = ({ after, events }: Commit, index: number) =>
    commits
      .slice(index + 1)
      .find((next) => next.after.id === after.id && next.events[0]?.at === events[0]?.at);
  return commits
    .filter((commit, index) => isAddressed(commit) || isAddressed(nextOf(commit, index) ?? commit))
    .flatMap(wireEventsOf);
}

/**
 * Whether expired deadlines shared the commits of simultaneous acts is unknown, and so is who else
 * received their events. But no user may receive an event twice, or an event of other users' calls.
 */
export async function checkHeardInRaces({ sockets }: Service, world: World): Promise<void> {
  for (const [userId, devices] of sockets) {
    for (const [deviceId, device] of devices) {
      const numbered = () =>
        heardBy(device)
          .filter(({ payload }) => 'at' in payload && 'seq' in payload)
          .map(({ name, payload }) => JSON.stringify({ event: name, ...payload }));
      await until(`${deviceId} of ${userId} has received every certain event`, () => {
        expect(numbered()).toEqual(expect.arrayContaining(surelyHeardBy(world, userId)));
        return true;
      });
      expect(new Set(numbered()).size).toBe(numbered().length);
      expect(maybeHeardBy(world, userId)).toEqual(expect.arrayContaining(numbered()));
    }
  }
}
