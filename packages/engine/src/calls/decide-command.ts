import {
  type BusyUsers,
  type Command,
  callNotFound,
  type Decision,
  decide,
  NO_BUSY_USERS,
} from '@ringline/domain';
import type { Decided, Engine, Outcome } from '../engine.ts';
import { findBusyUsers } from './busy-users.ts';

/** A command as requested. The engine adds the busy users. */
export type CommandRequest = WithoutBusyUsers<Command>;
type WithoutBusyUsers<C> = C extends unknown ? Omit<C, 'busyUsers'> : never;

export interface CommandChange {
  callId: string;
  request: CommandRequest;
}

/**
 * A join is only checked for a rejoin: an active participant already has the claim for this call.
 */
function listUsersToCheck(request: CommandRequest): readonly string[] {
  if (request.name === 'invite') return request.participantIds;
  return request.name === 'join' && request.rejoin ? [request.person.userId] : [];
}

async function findBusyUsersFor(
  engine: Engine,
  { callId, request }: CommandChange,
): Promise<BusyUsers> {
  const userIds = listUsersToCheck(request);
  if (userIds.length === 0) return NO_BUSY_USERS;
  const { busyUsers } = await findBusyUsers(engine, userIds, callId);
  return busyUsers;
}

/** A refused invite of busy users changes nothing, but they get `call:missed_busy`. */
function findRefusedBusy(command: Command, { refusal }: Decision): string[] {
  return command.name === 'invite' && refusal?.code === 'USER_BUSY'
    ? command.participantIds.filter((userId) => command.busyUsers.has(userId))
    : [];
}

/** Loads the call, finds busy users and decides the command. */
export async function decideCommand(
  engine: Engine,
  change: CommandChange,
): Promise<{ decided: Decided } | { outcome: Outcome }> {
  const busyUsers = await findBusyUsersFor(engine, change);
  const loaded = await engine.store.load(change.callId);
  if (loaded === null) return { outcome: { refusal: callNotFound, call: null } };
  const { call: before, version, now } = loaded;
  const command = { ...change.request, busyUsers } as Command;
  const decision = decide(before, command, now);
  const refusedBusy = findRefusedBusy(command, decision);
  return { decided: { ...decision, before, version, refusedBusy } };
}
