import type { Claims, Instant } from '@ringline/domain';
import { settleCall } from './due.ts';
import type { EngineParts } from './engine.ts';

/**
 * Who among these users is Live elsewhere. A claim is believed only after what is due on the call that
 * holds it was applied: a ring that ran out a moment ago makes nobody busy.
 */
export async function claimsOf(
  parts: EngineParts,
  userIds: readonly string[],
  exceptCallId: string | null,
): Promise<{ now: Instant; claims: Claims }> {
  const looked = await parts.store.look([...userIds], exceptCallId);
  const holders = [...new Set(looked.claims.values())];
  if (holders.length === 0) return looked;
  for (const callId of holders) await settleCall(parts, callId);
  return parts.store.look([...userIds], exceptCallId);
}
