import { declineReasons, type StartBody, trackKinds } from '@ringline/contract';
import {
  type Call,
  type Command,
  decide,
  findParticipant,
  getNextDueAt,
  isInCall,
  isTerminal,
  type Person,
} from '@ringline/domain';
import type { Act, Ask, Asked, Report, UserRequest } from './acts.ts';
import type { CommandDraw, Draw, ReportDraw, StartDraw, TimeDraw } from './draws.ts';
import { socketEventOf } from './service.ts';
import type { World } from './world.ts';

/** The users who may call, be called, and act: one of them has no name. */
export type People = readonly [Person, ...Person[]];

function pick<Item>(items: readonly Item[], index: number): Item | undefined {
  return items[index % Math.max(1, items.length)];
}

function pickPerson(people: People, index: number): Person {
  return pick(people, index) ?? people[0];
}

/** Mostly a call that is not over; any call, where the draw is blind. */
function pickCall({ calls }: World, index: number, apt = true): Call | undefined {
  const all = [...calls.values()];
  const live = all.filter((call) => !isTerminal(call));
  return pick(apt && live.length > 0 ? live : all, index);
}

function fromOf(draw: StartDraw | CommandDraw, by: Person, asked: Asked, key: string): Ask {
  const twin = asked.name === 'start' || socketEventOf(asked.request) !== null;
  const bySocket = draw.socket && draw.device !== null && twin;
  const keyable = asked.name === 'start' || KEYABLE[bySocket ? 'socket' : 'rest'](asked.request);
  return {
    act: 'ask',
    by,
    device: draw.device,
    via: bySocket ? 'socket' : 'rest',
    key: draw.keyed && keyable ? key : null,
    replica: draw.replica,
    asked,
  };
}

const KEYABLE = {
  socket: ({ name }: UserRequest) => name === 'invite',
  rest: ({ name }: UserRequest) => !['toggle', 'remove', 'hand_over'].includes(name),
};

function startOf(people: People, world: World, draw: StartDraw, key: string): Act {
  const crossed = draw.crosses
    ? [...world.calls.values()].find(({ mode, state }) => mode === 'direct' && state === 'ringing')
    : undefined;
  const callee = crossed?.participants.find(({ userId }) => userId !== crossed.initiatorId);
  const by = people.find(({ userId }) => userId === callee?.userId) ?? pickPerson(people, draw.who);
  const others = people.map(({ userId }) => userId).filter((userId) => userId !== by.userId);
  const chosen = draw.whom.map((index) => pick(others, index) ?? '');
  const participantIds = crossed === undefined ? [...new Set(chosen)] : [crossed.initiatorId];
  const body: StartBody = { type: draw.video ? 'video' : 'audio', participantIds };
  if (draw.group && crossed === undefined) body.mode = 'group';
  return fromOf(draw, by, { name: 'start', body }, key);
}

function requestOf(people: People, call: Call, draw: CommandDraw, person: Person): UserRequest {
  const { device: deviceId, yes, again } = draw;
  const whom = draw.whom.map((index) => pickPerson(people, index).userId);
  const userId = pick(call.participants, draw.whom[0] ?? 0)?.userId ?? person.userId;
  const kind = pick(trackKinds, draw.kind) ?? 'audio';
  const reason = pick(declineReasons, draw.kind) ?? 'declined';
  const field = pick(['audioEnabled', 'videoEnabled', 'screenSharing'] as const, draw.kind);
  const requests: { [Name in UserRequest['name']]: Extract<UserRequest, { name: Name }> } = {
    acknowledge_ring: { name: 'acknowledge_ring', person },
    join: { name: 'join', person, deviceId, takeover: yes, rejoin: again },
    decline: { name: 'decline', person, deviceId, reason },
    leave: { name: 'leave', person },
    end: { name: 'end', person },
    invite: { name: 'invite', person, participantIds: [...new Set(whom)] },
    token: { name: 'token', person, deviceId, takeover: yes },
    toggle: { name: 'toggle', person, [field ?? 'audioEnabled']: yes },
    mute: { name: 'mute', person, userId, kind },
    mute_all: { name: 'mute_all', person },
    remove: { name: 'remove', person, userId },
    hand_over: { name: 'hand_over', person, userId },
  };
  return requests[draw.what];
}

function isRefused(call: Call, request: UserRequest, now: number): boolean {
  return decide(call, { ...request, busyUsers: new Map() } as Command, now).refusal !== null;
}

function commandOf(people: People, world: World, draw: CommandDraw, key: string): Act | null {
  const call = pickCall(world, draw.call, draw.apt);
  if (call === undefined) return null;
  const requests = people.map((person) => requestOf(people, call, draw, person));
  const apt = requests.filter((request) => !isRefused(call, request, world.now));
  const request = pick(draw.apt && apt.length > 0 ? apt : requests, draw.who);
  if (request === undefined) return null;
  return fromOf(draw, request.person, { name: 'command', callId: call.id, request }, key);
}

/** LiveKit's clock: sessions begin one after the other, and have different sids. */
function toMediaSession(call: Call, userId: string, { session, age }: ReportDraw, fresh: number) {
  const current = findParticipant(call, userId)?.session?.joinedAtMs ?? fresh;
  const joinedAtMs = { new: fresh, current, old: Math.max(1, current - (age % 5)) }[session];
  return { sid: `PA_${userId}_${joinedAtMs}`, joinedAtMs };
}

function reportOf(people: People, world: World, draw: ReportDraw, serial: number): Report | null {
  const call = pickCall(world, draw.call, draw.apt);
  if (call === undefined) return null;
  const wanted = draw.event === 'participant_joined' ? 'joining' : 'joined';
  const fit = call.participants.filter((one) => isInCall(one) && one.state === wanted);
  const everyone = people.map(({ userId }) => ({ userId }));
  const userId = pick(draw.apt && fit.length > 0 ? fit : everyone, draw.who)?.userId ?? '';
  return {
    act: 'report',
    id: `EV_${call.id}_${serial}`,
    callId: call.id,
    event: draw.event,
    userId,
    session: toMediaSession(call, userId, draw, serial),
    replaced: draw.replaced,
    replica: draw.replica,
  };
}

/**
 * The act that a draw means in this world; null where it means nothing. `asked` are the requests
 * with a key so far, `serial` numbers the draws of a run.
 */
export function actOf(
  people: People,
  world: World,
  asked: readonly Ask[],
  draw: Draw,
  serial: number,
): Act | null {
  const key = `key ${serial}`;
  switch (draw.draw) {
    case 'start':
      return startOf(people, world, draw, key);
    case 'command':
      return commandOf(people, world, draw, key);
    case 'repeat': {
      const ask = pick(asked, draw.which);
      return ask === undefined ? null : { ...ask, replica: draw.replica };
    }
    case 'report':
      return reportOf(people, world, draw, serial);
    case 'repeated_report': {
      const report = pick([...world.reports.values()], draw.which);
      return report === undefined ? null : { ...report, replica: draw.replica };
    }
    case 'room_finished': {
      const callId = pickCall(world, draw.call)?.id;
      const id = `EV_${callId}_${serial}`;
      return callId === undefined
        ? null
        : { act: 'room_finished', id, callId, replica: draw.replica };
    }
    case 'operator_end': {
      const callId = pickCall(world, draw.call)?.id;
      const { scope, replica } = draw;
      return callId === undefined ? null : { act: 'operator_end', scope, callId, replica };
    }
    case 'work':
      return { act: 'work', workers: draw.workers };
  }
}

/** The number of milliseconds by which a draw moves the clock. */
export function delayOf(world: World, { call, by }: TimeDraw): number {
  if (typeof by === 'number') return by;
  const chosen = pickCall(world, call);
  const due = (chosen && getNextDueAt(chosen)) ?? world.now;
  return Math.max(0, due - world.now - (by === 'before due' ? 1 : 0));
}
