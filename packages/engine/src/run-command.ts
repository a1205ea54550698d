import { setTimeout as delay } from 'node:timers/promises';
import {
  type BusyUsers,
  type Call,
  type Command,
  callNotFound,
  type Decision,
  decide,
  NO_BUSY_USERS,
  type Refusal,
} from '@ringline/domain';
import type { Loaded } from '@ringline/store';
import { findBusyUsers } from './busy-users.ts';
import { hasMutes, runMutes } from './effects.ts';
import type { Attached, Engine, Origin, Outcome } from './engine.ts';
import { findIdempotent, toIdempotentResult } from './idempotency.ts';
import { save } from './save.ts';

/** A command as a service gives it: who is claimed elsewhere is for the engine to find out. */
export type CommandRequest = WithoutClaims<Command>;
type WithoutClaims<C> = C extends unknown ? Omit<C, 'busyUsers'> : never;

export const MAX_ATTEMPTS = 20;
const RETRY_SPREAD_MS = 5;

/** Waits a little longer each time, and never as long as another loser of the same race. */
export function pauseBeforeRetry(parts: Engine, reason: string, attempt: number): Promise<void> {
  parts.metrics.commandRetries.inc({ reason });
  return delay(Math.random() * RETRY_SPREAD_MS * attempt);
}

async function findBusyUsersFor(
  parts: Engine,
  callId: string,
  request: CommandRequest,
): Promise<BusyUsers> {
  const userIds =
    request.name === 'invite'
      ? request.participantIds
      : request.name === 'join' && request.rejoin
        ? [request.person.userId]
        : [];
  if (userIds.length === 0) return NO_BUSY_USERS;
  const { busyUsers } = await findBusyUsers(parts, userIds, callId);
  return busyUsers;
}

/** Nothing changes where everyone who is invited is in another call, but they hear that they were wanted. */
function findRefusedBusy(command: Command, { refusal }: Decision): string[] {
  return command.name === 'invite' && refusal?.code === 'USER_BUSY'
    ? command.participantIds.filter((userId) => command.busyUsers.has(userId))
    : [];
}

function toOutcome(
  { call, refusal }: { call: Call; refusal: Refusal | null },
  attached: Attached,
): Outcome {
  return refusal === null
    ? {
        refusal: null,
        call,
        status: attached.idempotency?.status ?? 200,
        merged: attached.idempotency?.merged ?? false,
      }
    : { refusal, call };
}

async function finishMutes(parts: Engine, { call, effects }: Decision): Promise<Refusal | null> {
  try {
    await runMutes(parts, call, effects);
    return null;
  } catch (error) {
    parts.logger.warn('LiveKit mute failed', { callId: call.id, error });
    return { code: 'MEDIA_UNAVAILABLE', message: 'The media server does not answer.' };
  }
}

/** The outcome of a committed decision. Where it waits for LiveKit, the key gets its answer only now. */
async function finish(parts: Engine, decision: Decision, attached: Attached): Promise<Outcome> {
  if (!hasMutes(decision.effects)) return toOutcome(decision, attached);
  const { call } = decision;
  const refusal = await finishMutes(parts, decision);
  const answer = toIdempotentResult({ effects: [], refusal }, attached);
  if (answer !== null) await parts.store.saveIdempotent(call.id, answer);
  return toOutcome({ call, refusal }, attached);
}

/**
 * The one way in which anything changes a call: load, decide, commit, publish. A conflict with another
 * commit means: load and decide again. Rejects when the database does not answer.
 */
export async function runCommand(
  parts: Engine,
  callId: string,
  request: CommandRequest,
  origin: Origin,
  attached: Attached = {},
): Promise<Outcome> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const replay = await findIdempotent(parts, attached.idempotency);
    if (replay !== null) return replay;
    const command = {
      ...request,
      busyUsers: await findBusyUsersFor(parts, callId, request),
    } as Command;
    const loaded: Loaded | null = await parts.store.load(callId);
    if (loaded === null) return { refusal: callNotFound, call: null };
    const decision = decide(loaded.call, command, loaded.now);
    const refusedBusy = findRefusedBusy(command, decision);
    const decided = { ...decision, before: loaded.call, version: loaded.version, refusedBusy };
    const saved = await save(parts, decided, origin, attached);
    if (saved === 'committed') return finish(parts, decision, attached);
    if (saved === 'duplicate_webhook')
      return toOutcome({ call: loaded.call, refusal: null }, attached);
    if (saved === 'gone') return { refusal: callNotFound, call: null };
    await pauseBeforeRetry(parts, saved, attempt);
  }
  throw new Error(`${request.name} found no moment to commit in ${MAX_ATTEMPTS} attempts`);
}
