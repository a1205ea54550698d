import { type Call, findParticipant } from '@ringline/domain';
import { isUser, type Principal } from '../identity/principal.ts';
import type { ActParts } from './act.ts';

/** Loads a call if the principal may read it. Otherwise returns null, as for an unknown call. */
export async function loadReadable(
  { engine }: ActParts,
  principal: Principal,
  callId: string,
): Promise<Call | null> {
  const loaded = await engine.store.load(callId);
  if (loaded === null || !isUser(principal)) return loaded?.call ?? null;
  return findParticipant(loaded.call, principal.person.userId) === undefined ? null : loaded.call;
}
