import type { ActInput } from '@ringline/contract';
import type { UserPrincipal } from '../identity/principal.ts';
import type { ActParts } from './act.ts';
import { command, toCallResult } from './command.ts';

/** Leaves the call. The others stay in it. */
export async function leave(parts: ActParts, principal: UserPrincipal, input: ActInput<'leave'>) {
  const { person } = principal;
  const request = { name: 'leave', person } as const;
  return toCallResult(await command(parts, principal, input, request));
}
