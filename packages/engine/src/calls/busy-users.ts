import type { BusyUsers, Instant } from '@ringline/domain';
import type { Engine } from '../engine.ts';
import { expireCall } from './expire.ts';

/**
 * Which of these users are active in another call than `exceptCallId`, and in which. The calls that keep them busy first have
 * their deadlines expired: a ring that timed out a moment ago makes no user busy.
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
