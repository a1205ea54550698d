import type { Connection } from '@ringline/contract';
import {
  type Call,
  findParticipant,
  isInCall,
  isOnOtherDevice,
  isTerminal,
} from '@ringline/domain';
import type { UserPrincipal } from '../identity/principal.ts';
import type { ActParts } from './act.ts';

/**
 * Issues media credentials to a user who is in the call on this device. A repeated request gets its
 * first response, but credentials only if the user may still have them.
 */
export async function connectionFor(
  { issueConnection }: ActParts,
  { person: { userId, name }, deviceId }: UserPrincipal,
  call: Call,
): Promise<{ connection?: Connection }> {
  const participant = findParticipant(call, userId);
  if (participant === undefined || !isInCall(participant) || isTerminal(call)) return {};
  if (isOnOtherDevice(participant, deviceId)) return {};
  return { connection: await issueConnection(call, userId, name ?? participant.name) };
}
