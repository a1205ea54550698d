import {
  type Call,
  type Command,
  type Decision,
  decide,
  getDeadline,
  getNextDueAt,
  hasLeft,
  type Instant,
  isAnswered,
  isRinging,
  isTerminal,
  type Participant,
  start,
} from '@ringline/domain';
import {
  anAdminEnds,
  at,
  by,
  deviceOf,
  liveKit,
  startOf,
  timePasses,
} from '../fixtures/commands.ts';

/** One command on one call on which nothing else is due: what the tables of docs/call-rules.md speak of. */
export interface Probe {
  readonly before: Call;
  readonly command: Command;
  readonly decision: Decision;
}

interface Node {
  readonly call: Call;
  readonly at: Instant;
}

const ANOTHER = 'another call';
const STEP_MS = 1_000;
const PHONE = { deviceId: 'phone' };

/** What the next state of a call depends on: who is in it, who rings, whose time is over next, and which exit was the last. */
function shapeOf(call: Call): string {
  const { state, mode, connectedAt, lastExit, warnedFor, participants } = call;
  const due = getNextDueAt(call);
  const shapeOfOne = (one: Participant) => {
    const out = hasLeft(one) && isAnswered(call);
    const deadline = getDeadline(one);
    return [
      ...[isRinging(one) ? 'rings' : out ? 'out' : one.state, one.userId === call.initiatorId],
      ...[one.acceptedAt !== null, deadline === null ? 'none' : deadline === due],
    ].join();
  };
  const ofCall = [state, mode, connectedAt !== null, lastExit?.cause, warnedFor !== null];
  return [...ofCall, ...participants.map(shapeOfOne).sort()].join(' ');
}

/** Whatever changes a call of Ann, Bob and Cyn. */
function stepsOf(call: Call): Command[] {
  const busyUsers = new Map([['bob', ANOTHER]]);
  const users = ['ann', 'bob', 'cyn'];
  const host = by(call.hostId ?? 'ann');
  return [
    ...[timePasses, anAdminEnds, host.invites(['bob', 'cyn'], busyUsers)],
    ...users.flatMap((userId) => {
      const session = call.participants.find((one) => one.userId === userId)?.session;
      const [current, next] = [session?.joinedAtMs ?? 1, call.seq + 1];
      return [
        ...[by(userId).joins({ ...PHONE, rejoin: true }), by(userId).leaves(), by(userId).ends()],
        ...[by(userId).declines(), by(userId).declines({ reason: 'busy' })],
        ...[host.invites(userId), host.removes(userId), host.handsOverTo(userId)],
        ...[liveKit.joined(userId, next), liveKit.left(userId, current)],
        ...[liveKit.replaced(userId, current), liveKit.timedOut(userId, current)],
        deviceOf(userId).disconnects(),
      ];
    }),
  ];
}

function probe({ call, at: last }: Node, command: Command): Probe & Node {
  const due = getNextDueAt(call) ?? last + STEP_MS;
  const now = command.name === timePasses.name ? due : Math.min(due - 1, last + STEP_MS);
  const decision = decide(call, command, now);
  return { before: call, command, decision, call: decision.call, at: now };
}

/** Each step from a call of every shape that Ann's call of Bob, or of Bob and Cyn, can come to. */
export function* everyStep(): Generator<Probe> {
  const starts = [{}, { mode: 'group' }, { participantIds: ['bob', 'cyn'] }] as const;
  const known = new Set<string>();
  const open: Node[] = [];
  const meet = (call: Call | null, now: Instant): void => {
    if (call === null || isTerminal(call) || known.has(shapeOf(call))) return;
    known.add(shapeOf(call));
    open.push({ call, at: now });
  };
  for (const changes of starts) meet(start(startOf({ ...changes, ...PHONE }), at(0)).call, at(0));
  for (let node = open.shift(); node !== undefined; node = open.shift()) {
    for (const command of stepsOf(node.call)) {
      const step = probe(node, command);
      yield step;
      meet(step.call, step.at);
    }
  }
}
