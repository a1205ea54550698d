import type { BusyUsers, Instant } from '@ringline/domain';
import { expireCall } from './due.ts';
import type { Engine } from './engine.ts';

/**
 * Who among these users is Live elsewhere. A claim is believed only after what is due on the call that
 * holds it was applied: a ring that ran out a moment ago makes nobody busy.
 */
export async function findBusyUsers(
  parts: Engine,
  userIds: readonly string[],
  exceptCallId: string | null,
): Promise<{ now: Instant; busyUsers: BusyUsers }> {
  const looked = await parts.store.findBusyUsers([...userIds], exceptCallId);
  const holders = [...new Set(looked.busyUsers.values())];
  if (holders.length === 0) return looked;
  for (const callId of holders) await expireCall(parts, callId);
  return parts.store.findBusyUsers([...userIds], exceptCallId);
}
