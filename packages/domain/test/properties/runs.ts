import {
  type Call,
  type CallEvent,
  type Command,
  type CommandName,
  type Decision,
  decide,
  findParticipant,
  getNextDueAt,
  type Instant,
  isInCall,
  isRinging,
  isTerminal,
  type Participant,
  type Start,
  start,
} from '@ringline/domain';
import fc from 'fast-check';
import {
  anAdminEnds,
  at,
  by,
  deviceOf,
  liveKit,
  startOf,
  timePasses,
} from '../fixtures/commands.ts';

/** Ann starts the calls. The last users only become participants by an invite. */
const USERS = ['ann', 'bob', 'cyn', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida', 'zoe'];
const user = fc.constantFrom(...USERS);

/** Random values for any command. As plain data, they make counterexamples readable. */
interface Draw {
  name: CommandName;
  who: number;
  whom: string[];
  /** Choose a user to whom the command applies. Otherwise any user, and it is mostly refused. */
  applies: boolean;
  device: string | null;
  yes: boolean;
  busy: string[];
  /** Which LiveKit session the command is about. A number may be an old or an unknown session. */
  session: 'new' | 'current' | number;
  /** Milliseconds since the last command, or the time at or just before the next deadline. */
  after: number | 'when due' | 'before due';
}

const WEIGHTS: Record<CommandName, number> = {
  join: 16,
  media_joined: 16,
  media_left: 7,
  device_disconnected: 3,
  device_connected: 1,
  invite: 7,
  expire_deadlines: 5,
  leave: 3,
  decline: 3,
  acknowledge_ring: 3,
  remove: 3,
  token: 2,
  toggle: 2,
  mute: 1,
  mute_all: 1,
  hand_over: 1,
  end: 1,
  room_lost: 1,
  force_end: 1,
};
function weighted<T>(weights: readonly (readonly [T, number])[]) {
  return fc.oneof(...weights.map(([value, weight]) => ({ weight, arbitrary: fc.constant(value) })));
}

const draw: fc.Arbitrary<Draw> = fc.record({
  name: weighted(Object.entries(WEIGHTS) as [CommandName, number][]),
  who: fc.nat(99),
  whom: fc.uniqueArray(user, { minLength: 1, maxLength: 4 }),
  applies: weighted([
    [true, 4],
    [false, 1],
  ]),
  device: fc.constantFrom(null, 'phone', 'laptop'),
  yes: fc.boolean(),
  busy: fc.uniqueArray(user, { maxLength: 2 }),
  session: fc.oneof(
    { weight: 8, arbitrary: fc.constant('new' as const) },
    { weight: 5, arbitrary: fc.constant('current' as const) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 60 }) },
  ),
  after: fc.oneof(
    { weight: 30, arbitrary: fc.nat(1_500) },
    { weight: 2, arbitrary: fc.nat(40_000) },
    { weight: 1, arbitrary: fc.nat(10_000).map((back) => -back) },
    { weight: 1, arbitrary: fc.constant('when due' as const) },
    { weight: 1, arbitrary: fc.constant('before due' as const) },
  ),
});

const APPLIES_TO: Partial<Record<CommandName, (one: Participant) => boolean>> = {
  acknowledge_ring: isRinging,
  decline: isRinging,
  join: (one) => one.state !== 'joined',
  media_joined: (one) => isInCall(one) && one.state !== 'joined',
  media_left: (one) => one.state === 'joined',
};

/** The acting user: one to whom the command applies, any participant, or sometimes a stranger. */
function actorOf(call: Call, { name, who, applies }: Draw): string {
  const everyone = call.participants.map(({ userId }) => userId);
  if (!applies) return [...everyone, ...USERS][who % (everyone.length + USERS.length)] ?? 'ann';
  const fit = call.participants.filter(APPLIES_TO[name] ?? isInCall);
  return fit[who % Math.max(1, fit.length)]?.userId ?? 'ann';
}

function busyIn(busy: string[]) {
  return new Map(busy.map((userId) => [userId, 'another']));
}

function commandOf(call: Call, one: Draw, step: number): Command {
  const { whom, device, yes, busy } = one;
  const who = actorOf(call, one);
  const person = by(who);
  const host = by(one.applies ? (call.hostId ?? who) : who);
  const other = call.participants[one.who % call.participants.length]?.userId ?? who;
  const caller = one.applies ? call.initiatorId : who;
  const current = findParticipant(call, who)?.session?.joinedAtMs ?? 1;
  const session =
    one.session === 'new' ? 100 + step : one.session === 'current' ? current : one.session;
  const commands: Record<CommandName, () => Command> = {
    acknowledge_ring: () => person.acknowledges(),
    join: () =>
      person.joins({
        deviceId: device,
        takeover: yes,
        rejoin: one.applies,
        busyUsers: busyIn(busy),
      }),
    decline: () => person.declines({ deviceId: device, reason: yes ? 'busy' : 'declined' }),
    leave: () => person.leaves(),
    end: () => person.ends(),
    invite: () => host.invites(whom, busyIn(busy)),
    token: () => person.asksForToken({ deviceId: device, takeover: yes }),
    toggle: () => person.toggles({ audioEnabled: yes, screenSharing: !yes }),
    mute: () => host.mutes(other, yes ? 'audio' : 'screen'),
    mute_all: () => host.mutesAll(),
    remove: () => host.removes(other),
    hand_over: () => host.handsOverTo(other),
    force_end: () => anAdminEnds,
    media_joined: () => liveKit.joined(who, session),
    media_left: () => {
      if (!yes) return liveKit.replaced(who, session);
      return one.busy.length > 0 ? liveKit.timedOut(who, session) : liveKit.left(who, session);
    },
    device_disconnected: () => deviceOf(caller, device).disconnects(yes ? 5_000 : 0),
    device_connected: () => deviceOf(caller, device).connects(),
    room_lost: () => liveKit.lostRoom(),
    expire_deadlines: () => timePasses,
  };
  return commands[one.name]();
}

const started: fc.Arbitrary<Start> = fc
  .record({
    participantIds: fc.oneof(
      fc.constant(['bob']),
      fc.uniqueArray(fc.constantFrom(...USERS.slice(1, 8)), { minLength: 1, maxLength: 7 }),
    ),
    group: fc.boolean(),
    maxParticipants: fc.constantFrom(3, 8, 8, 8),
    busy: fc.uniqueArray(fc.constantFrom(...USERS.slice(1)), { maxLength: 2 }),
    mediaRefused: weighted([
      [false, 30],
      [true, 1],
    ]),
    type: fc.constantFrom('audio' as const, 'video' as const),
    timings: fc.record({
      ringSeconds: fc.constantFrom(10, 30, 180),
      connectSeconds: fc.constantFrom(5, 30),
      graceSeconds: fc.constantFrom(4, 15, 40),
      soloSeconds: fc.constantFrom(3, 10, 60),
      maxSeconds: fc.constantFrom(20, 60, 600),
    }),
  })
  .map(({ group, busy, ...changes }) =>
    startOf({
      ...changes,
      mode: group || changes.participantIds.length > 1 ? 'group' : 'direct',
      busyUsers: busyIn(busy),
    }),
  );

export interface Run {
  start: Start;
  /** How many callees accept and join at the start. Random commands alone rarely connect a call. */
  talking: number;
  draws: Draw[];
}
/** A call with random commands: repeated, late and invalid ones, and a clock that steps back. */
export const runs: fc.Arbitrary<Run> = fc.record({
  start: started,
  talking: fc.constantFrom(0, 0, 1, 2, 3, 7),
  draws: fc.array(draw, { minLength: 1, maxLength: 60, size: 'max' }),
});

export interface Step {
  command: Command;
  now: Instant;
  before: Call;
  decision: Decision;
}
export interface Story {
  /** The call after its start, with the events of the start. */
  started: { call: Call; events: CallEvent[] } | null;
  steps: Step[];
}

function instantOf({ after }: Draw, call: Call, last: Instant): Instant {
  if (typeof after === 'number') return last + after;
  const due = getNextDueAt(call) ?? last;
  return after === 'when due' ? due : due - 1;
}

const ENOUGH_AFTER_THE_END = 5;

/** Plays a run. There are no steps if the start was refused for lack of seats. */
export function play(run: Run): Story {
  const { call: first, events } = start(run.start, at(0));
  if (first === null) return { started: null, steps: [] };
  const steps: Step[] = [];
  let [call, now] = [first, at(0)];
  const step = (command: Command): void => {
    const decision = decide(call, command, now);
    steps.push({ command, now, before: call, decision });
    call = decision.call;
  };
  for (const { userId } of run.talking === 0 ? [] : first.participants.slice(0, run.talking + 1)) {
    step(by(userId).joins({ deviceId: 'phone' }));
    step(liveKit.joined(userId));
  }
  let afterTheEnd = 0;
  for (const [index, one] of run.draws.entries()) {
    if (isTerminal(call)) afterTheEnd += 1;
    if (afterTheEnd > ENOUGH_AFTER_THE_END) break;
    now = instantOf(one, call, now);
    step(commandOf(call, one, index));
  }
  return { started: { call: first, events }, steps };
}

/** Every different state of the call in a run, in order. */
export function callsOf({ started: begun, steps }: Story): Call[] {
  return begun === null
    ? []
    : [...new Set([begun.call, ...steps.map(({ decision }) => decision.call)])];
}

export function eventsOf({ started: begun, steps }: Story): CallEvent[] {
  return begun === null
    ? []
    : [...begun.events, ...steps.flatMap(({ decision }) => decision.events)];
}

/** Checks random runs. fast-check prints a failing run with its seed, reduced to a minimum. */
export function holdsAlways(check: (story: Story, run: Run) => void, numRuns = 200): void {
  fc.assert(
    fc.property(runs, (run) => check(play(run), run)),
    { numRuns },
  );
}
