import type { ActInput } from '@ringline/contract';
import type { UserPrincipal } from '../identity/principal.ts';
import type { ActParts } from './act.ts';
import { command, toCallResult } from './command.ts';

/** Removes a participant and keeps them out. */
export async function remove(parts: ActParts, principal: UserPrincipal, input: ActInput<'remove'>) {
  const { person } = principal;
  const request = { name: 'remove', person, userId: input.userId } as const;
  return toCallResult(await command(parts, principal, input, request));
}
