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

/** One command on a call without a due deadline: a case of the tables in docs/call-rules.md. */
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

/** Everything that the next state of a call depends on. */
function shapeOf(call: Call): string {
  const { state, mode, connectedAt, lastExit, participants } = call;
  const due = getNextDueAt(call);
  const shapeOfOne = (one: Participant) => {
    const out = hasLeft(one) && isAnswered(call);
    const deadline = getDeadline(one);
    return [
      ...[isRinging(one) ? 'rings' : out ? 'out' : one.state, one.userId === call.initiatorId],
      ...[one.acceptedAt !== null, deadline === null ? 'none' : deadline === due],
    ].join();
  };
  const ofCall = [state, mode, connectedAt !== null, lastExit?.cause];
  return [...ofCall, ...participants.map(shapeOfOne).sort()].join(' ');
}

/** Every command that changes a call of Ann, Bob and Cyn. */
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
        ...[liveKit.replaced(userId, current), deviceOf(userId).disconnects()],
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

/** Every step from every reachable shape of a call by Ann to Bob, or to Bob and Cyn. */
export function everyStep(): Probe[] {
  const starts = [{}, { mode: 'group' }, { participantIds: ['bob', 'cyn'] }] as const;
  const known = new Set<string>();
  const probes: Probe[] = [];
  let open: Node[] = starts.flatMap((changes) => {
    const { call } = start(startOf({ ...changes, ...PHONE }), at(0));
    return call === null ? [] : [{ call, at: at(0) }];
  });
  while (open.length > 0) {
    const next: Node[] = [];
    for (const node of open) {
      const shape = shapeOf(node.call);
      if (known.has(shape) || isTerminal(node.call)) continue;
      known.add(shape);
      const steps = stepsOf(node.call).map((command) => probe(node, command));
      probes.push(...steps);
      next.push(...steps);
    }
    open = next;
  }
  return probes;
}
