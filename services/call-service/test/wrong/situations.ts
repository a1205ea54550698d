import { randomUUID } from 'node:crypto';
import { report, roomOf } from '../livekit-reports.ts';
import type { Stack } from '../stack.ts';
import { createUsers, type User } from '../user.ts';

/**
 * The ways in which a user can take part in a call. The callee has answered, or has at least been
 * asked.
 */
const participations = [
  'caller',
  'callee',
  'invited',
  'ringing',
  'left',
  'declined',
  'missed',
  'busy',
  'removed',
  'barred',
  'stranger',
] as const;
export type Participation = (typeof participations)[number];

export const liveStates = ['ringing', 'connecting', 'connected', 'reconnecting'] as const;
export const terminalStates = [
  'ended',
  'failed',
  'busy',
  'declined',
  'missed',
  'cancelled',
] as const;
export type LiveState = (typeof liveStates)[number];
export type TerminalState = (typeof terminalStates)[number];

/** A call with one user of each kind that can be in it. */
export interface Situation {
  callId: string;
  users: Partial<Record<Participation, User>> & Record<'caller' | 'stranger', User>;
}

/** The device that every user uses on the way to a situation. */
export const DEVICE = 'phone';
const withDevice = { device: DEVICE };
const RING_SECONDS = 30;

function done({ status, body }: { status: number; body: { code?: string } }): void {
  if (status >= 300) throw new Error(`on the way to a situation: ${status} ${body.code}`);
}

async function start(caller: User, participantIds: string[], more: object = {}) {
  const body = { type: 'audio', participantIds, ringTimeoutSeconds: RING_SECONDS, ...more };
  const started = await caller.ask('post', '/calls/start', { body, ...withDevice });
  done(started);
  return started.body.call.id as string;
}
async function act(user: User, callId: string, what: string, body: object = {}) {
  return done(await user.act(callId, what, body, withDevice));
}
async function remove(caller: User, callId: string, user: User) {
  return done(await caller.ask('delete', `/calls/${callId}/participants/${user.id}`));
}

const joinedAtMs = 1_700_000_000_000;
async function say(stack: Stack, callId: string, event: string, ...users: User[]) {
  const room = await roomOf(stack, callId);
  for (const { id: identity } of users) {
    const participant = { identity, sid: `PA_${identity}`, joinedAtMs };
    done(await report(stack, { event, room, participant, id: randomUUID() }));
  }
}

/** Brings a call with an invited callee into this state. */
async function bringTo(stack: Stack, callId: string, state: LiveState, both: [User, User]) {
  const [, callee] = both;
  if (state === 'ringing') return;
  await act(callee, callId, 'join');
  if (state === 'connecting') return;
  await say(stack, callId, 'participant_joined', ...both);
  if (state === 'reconnecting') await say(stack, callId, 'participant_left', callee);
}

async function people(stack: Stack): Promise<Record<Participation, User>> {
  const users = await createUsers(stack, ...participations);
  return Object.fromEntries(
    participations.map((participation, index) => [participation, users[index]]),
  ) as Record<Participation, User>;
}

export async function directCall(stack: Stack, state: LiveState): Promise<Situation> {
  const { caller, callee, stranger } = await people(stack);
  const callId = await start(caller, [callee.id]);
  await bringTo(stack, callId, state, [caller, callee]);
  const other = state === 'ringing' ? { invited: callee } : { callee };
  return { callId, users: { caller, stranger, ...other } };
}

/** No user has answered while it rings, and so none can have left. */
export async function groupCall(stack: Stack, state: LiveState): Promise<Situation> {
  const { callee, left, ...others } = await people(stack);
  const { caller, invited, ringing, declined, missed, busy, removed, barred } = others;
  await start(busy, [`friend-of-${busy.id}`], { ringTimeoutSeconds: 180 });
  const callId = await start(caller, [missed.id], { mode: 'group' });
  const invite = (...users: User[]) =>
    act(caller, callId, 'invite', { participantIds: users.map(({ id }) => id) });
  await stack.moveTime((RING_SECONDS - 10) * 1000);
  await invite(declined, busy, removed, barred);
  await act(declined, callId, 'decline');
  await act(barred, callId, 'decline');
  await remove(caller, callId, removed);
  await remove(caller, callId, barred);
  await invite(invited, ringing);
  await stack.moveTime(11_000);
  // Any command first expires the due deadlines: the first ring was not answered.
  await act(ringing, callId, 'ringing');
  if (state === 'ringing') return { callId, users: others };
  await invite(callee, left);
  await act(left, callId, 'join');
  await act(left, callId, 'leave');
  await bringTo(stack, callId, state, [caller, callee]);
  return { callId, users: { ...others, callee, left } };
}

const endings: Record<
  TerminalState,
  (stack: Stack, callId: string, both: [User, User]) => Promise<void>
> = {
  ended: async (stack, callId, [caller, callee]) => {
    await bringTo(stack, callId, 'connected', [caller, callee]);
    await act(caller, callId, 'end');
  },
  failed: async (stack, callId, [caller, callee]) => {
    await act(callee, callId, 'join');
    await say(stack, callId, 'participant_joined', caller);
    await stack.moveTime(60_000);
    await act(caller, callId, 'leave');
  },
  busy: (_stack, callId, [, callee]) => act(callee, callId, 'decline', { reason: 'busy' }),
  declined: (_stack, callId, [, callee]) => act(callee, callId, 'decline'),
  missed: async (stack, callId, [caller]) => {
    await stack.moveTime(60_000);
    await act(caller, callId, 'leave');
  },
  cancelled: (_stack, callId, [caller]) => act(caller, callId, 'end'),
};

/** A group whose end the callee and a removed user have seen. */
export async function finishedCall(stack: Stack, state: TerminalState): Promise<Situation> {
  const { caller, callee, removed, stranger } = await people(stack);
  const callId = await start(caller, [callee.id, removed.id]);
  await remove(caller, callId, removed);
  await endings[state](stack, callId, [caller, callee]);
  return { callId, users: { caller, callee, removed, stranger } };
}
