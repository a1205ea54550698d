import type { ActInput } from '@ringline/contract';
import type { UserPrincipal } from '../identity/principal.ts';
import type { ActParts } from './act.ts';
import { command, toParticipantResult } from './command.ts';

/** Mutes one track of a participant. */
export async function mute(parts: ActParts, principal: UserPrincipal, input: ActInput<'mute'>) {
  const { person } = principal;
  const request = { name: 'mute', person, userId: input.userId, kind: input.kind } as const;
  const outcome = await command(parts, principal, input, request);
  return toParticipantResult(outcome, input.userId);
}
