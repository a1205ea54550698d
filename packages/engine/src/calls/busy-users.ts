import type { BusyUsers, Instant } from '@ringline/domain';
import type { Engine } from '../engine.ts';
import { expireCall } from './expire.ts';

/**
 * The users who are active in a call other than `exceptCallId`, with that call. Its deadlines are
 * expired first: a ring that has just timed out makes no user busy.
 */
export async function findBusyUsers(
  engine: Engine,
  userIds: readonly string[],
  exceptCallId: string | null,
): Promise<{ now: Instant; busyUsers: BusyUsers }> {
  const found = await engine.store.findBusyUsers(userIds, exceptCallId);
  if (found.busyUsers.size === 0) return found;
  for (const callId of new Set(found.busyUsers.values())) await expireCall(engine, callId);
  return engine.store.findBusyUsers(userIds, exceptCallId);
}
