import { applyEvent } from '@ringline/client';
import type { CallEvent, Call as WireCall } from '@ringline/contract';
import { activeUserIds, findParticipant, getOutcome } from '@ringline/domain';
import { toWireCall, toWireEvents } from '@ringline/engine';
import { until } from '@ringline/testing/until';
import type { Device } from '../device.ts';
import { replicaOf, type Service } from './service.ts';
import { type Told, toldTo } from './told.ts';
import { type Commit, callIn, type World } from './world.ts';

/** What happened to a call, as the wire tells it. */
export function eventsOf({ commits }: World, callId: string): CallEvent[] {
  return commits
    .filter(({ after }) => after.id === callId)
    .flatMap(({ before, events }) => toWireEvents(before, events));
}

async function readCall({ stack, operators }: Service, path: string, replica: number) {
  return (await operators.admin.ask('get', `/calls/${path}`, { on: replicaOf(stack, replica) }))
    .body;
}

/** A call and its events as the service shows them, each asked of another replica. */
export async function callAsKept(
  service: Service,
  callId: string,
): Promise<{ call: WireCall; events: CallEvent[] }> {
  const { call } = await readCall(service, callId, 0);
  const { events } = await readCall(service, `${callId}/events`, 1);
  return { call, events };
}

/**
 * A call as the service shows it is the model's, and so is what happened to it; the events fold to
 * the call.
 */
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

/** Nobody is Live in two calls, and each where the model has them. */
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

/** What each call was to each of its people, as their history and their numbers tell. */
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

/** The order between replicas is nobody's promise; clients put events in order by `seq`. */
function sorted(told: readonly Told[]): string[] {
  return told.map(({ name, payload }) => JSON.stringify([name, payload])).sort();
}

function isRing(told: string): boolean {
  return JSON.parse(told)[0] === 'call:incoming';
}
function callOfRing(told: string): string {
  return JSON.parse(told)[1].callId;
}

function heardBy({ heard }: Device): Told[] {
  return heard
    .filter(({ name }) => name !== 'call:sync')
    .map(({ name, payload }) => ({ name, payload }));
}

/**
 * Without the rings that were repeated because nobody acknowledged them, with the call as it was by
 * then.
 */
function withoutRepeats(heard: readonly string[], told: readonly string[]): string[] {
  const first = heard.filter((one, index) => !isRing(one) || heard.indexOf(one) === index);
  const ringing = new Set(told.filter(isRing).map(callOfRing));
  return first.filter((one) => !isRing(one) || told.includes(one) || !ringing.has(callOfRing(one)));
}

/** Each device heard what its user was to hear, no more and no less. */
export async function checkHeard({ sockets }: Service, world: World): Promise<void> {
  for (const [userId, devices] of sockets) {
    for (const [deviceId, device] of devices) {
      const told = sorted(toldTo(world, userId, deviceId));
      await until(`${deviceId} of ${userId} has heard everything`, () => {
        expect(withoutRepeats(sorted(heardBy(device)), told)).toEqual(told);
        return true;
      });
    }
  }
}

function wireEventsOf({ before, events }: Commit): string[] {
  return toWireEvents(before, events).map((event) => JSON.stringify(event));
}

/** What a user hears whichever acts shared a commit: all that leaves them in the call. */
function surelyHeardBy({ commits }: World, userId: string): string[] {
  return commits.filter(({ after }) => activeUserIds(after).includes(userId)).flatMap(wireEventsOf);
}

/**
 * What a user may have heard: what was due may have shared the commit of the next act at the same
 * moment.
 */
function maybeHeardBy({ commits }: World, userId: string): string[] {
  const isTold = ({ after }: Commit) => findParticipant(after, userId) !== undefined;
  const nextOf = ({ after, events }: Commit, index: number) =>
    commits
      .slice(index + 1)
      .find((next) => next.after.id === after.id && next.events[0]?.at === events[0]?.at);
  return commits
    .filter((commit, index) => isTold(commit) || isTold(nextOf(commit, index) ?? commit))
    .flatMap(wireEventsOf);
}

/**
 * Of acts at the same moment it is not known whether what was due before them shared their commit,
 * and so who else heard of it. But nobody hears anything twice, and nobody hears of the calls of
 * others.
 */
export async function checkHeardInRaces({ sockets }: Service, world: World): Promise<void> {
  for (const [userId, devices] of sockets) {
    for (const [deviceId, device] of devices) {
      const numbered = () =>
        heardBy(device)
          .filter(({ payload }) => 'at' in payload && 'seq' in payload)
          .map(({ name, payload }) => JSON.stringify({ event: name, ...payload }));
      await until(`${deviceId} of ${userId} has heard all that is sure`, () => {
        expect(numbered()).toEqual(expect.arrayContaining(surelyHeardBy(world, userId)));
        return true;
      });
      expect(new Set(numbered()).size).toBe(numbered().length);
      expect(maybeHeardBy(world, userId)).toEqual(expect.arrayContaining(numbered()));
    }
  }
}
