import {
  type Call,
  type Command,
  decide,
  getNextDueAt,
  isActive,
  MAX_RINGS,
  type Participant,
} from '@ringline/domain';
import fc from 'fast-check';
import { anAdminEnds, at, by, deviceOf, liveKit, timePasses } from '../fixtures/commands.ts';
import { callsOf, play, runs } from '../properties/runs.ts';
import { everyStep, type Probe } from './reachable.ts';

const RUNS = 700;
const MOST_PARTICIPANTS = 4;
const ANOTHER = 'another call';
/** Later than anything in a random run. */
const LATER = at(100_000);
const NEW_SESSION = 1_000;

/** Everything that a rule depends on, without times and user ids. */
function shapeOf(call: Call): string {
  const shapeOfOne = (one: Participant) =>
    JSON.stringify([
      ...[one.userId === call.initiatorId, one.userId === call.hostId, one.state, one.barred],
      ...[one.rings, one.acceptedAt === null, one.stayedMs > 0, one.deviceId === null],
      ...[one.deadline === null, one.disconnectedAt === null],
    ]);
  const { state, mode, connectedAt, lastExit, soloExpiresAt, participants } = call;
  const ofCall = [state, mode, connectedAt === null, lastExit?.cause, soloExpiresAt === null];
  return JSON.stringify([...ofCall, participants.map(shapeOfOne).sort()]);
}

/** Small calls of every shape that random runs produce. The seed is fixed. */
function callsOfEveryShape(): Call[] {
  const calls = fc
    .sample(runs, { seed: 1, numRuns: RUNS })
    .flatMap((run) => callsOf(play(run)))
    .filter(({ participants }) => participants.length <= MOST_PARTICIPANTS);
  return [...new Map(calls.map((call) => [shapeOf(call), call])).values()];
}

function usersOf(call: Call): string[] {
  return call.participants.map(({ userId }) => userId);
}

function requestsBy(userId: string, call: Call): Command[] {
  const person = by(userId);
  const elsewhere = { deviceId: 'tablet' };
  return [
    person.acknowledges(),
    ...[person.joins(), person.joins(elsewhere), person.joins({ ...elsewhere, takeover: true })],
    ...[person.rejoins(), person.rejoins(new Map([[userId, ANOTHER]]))],
    ...[person.declines(), person.declines({ reason: 'busy' }), person.declines(elsewhere)],
    ...[person.leaves(), person.ends(), person.mutesAll()],
    ...[person.asksForToken(), person.asksForToken(elsewhere)],
    ...[person.toggles({ audioEnabled: false }), person.toggles({ audioEnabled: true })],
    ...[person.invites('new'), person.invites('new', new Map([['new', ANOTHER]]))],
    ...usersOf(call).flatMap((other) => [
      ...[person.invites(other), person.invites([other, 'new'], new Map([[other, ANOTHER]]))],
      ...[person.mutes(other), person.removes(other), person.handsOverTo(other)],
    ]),
  ];
}

function systemCommandsFor(userId: string, call: Call): Command[] {
  const { session } = call.participants.find((one) => one.userId === userId) ?? {};
  const current = session?.joinedAtMs ?? 1;
  return [
    liveKit.joined(userId, NEW_SESSION),
    ...[liveKit.left(userId, current), liveKit.replaced(userId, current)],
    liveKit.timedOut(userId, current),
    ...[deviceOf(userId).disconnects(), deviceOf(userId).connects()],
  ];
}

function probe(before: Call, command: Command): Probe {
  const due = getNextDueAt(before) ?? LATER;
  const now = command.name === timePasses.name ? due : due - 1;
  return { before, command, decision: decide(before, command, now) };
}

function commandsOn(call: Call): Command[] {
  const users = [...usersOf(call), 'stranger'];
  return [
    ...[anAdminEnds, liveKit.lostRoom(), timePasses],
    ...users.flatMap((userId) => [...requestsBy(userId, call), ...systemCommandsFor(userId, call)]),
  ];
}

/** Situations that random runs rarely produce: too few seats, and no invitations left. */
function rareProbesOf(call: Call): Probe[] {
  const crowded = { ...call, maxParticipants: call.participants.filter(isActive).length - 1 };
  const participants = call.participants.map((one) => ({ ...one, rings: MAX_RINGS }));
  return usersOf(call).flatMap((userId) => [
    probe(crowded, by(userId).joins()),
    probe(crowded, by(userId).asksForToken()),
    ...usersOf(call).map((other) => probe({ ...call, participants }, by(userId).invites(other))),
  ]);
}

/** The steps of the search, and every command by every user and a stranger on the random calls. */
export function everyProbe(): { probes: Probe[]; rareProbes: Probe[] } {
  const calls = callsOfEveryShape();
  return {
    probes: [
      ...everyStep(),
      ...calls.flatMap((call) => commandsOn(call).map((command) => probe(call, command))),
    ],
    rareProbes: calls.flatMap(rareProbesOf),
  };
}
