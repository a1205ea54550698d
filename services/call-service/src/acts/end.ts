import type { ActInput } from '@ringline/contract';
import { isUser, type Principal } from '../identity/principal.ts';
import type { ActParts } from './act.ts';
import { command, toCallResult } from './command.ts';

/** Ends the call for everyone. An operator can end any call. */
export async function end(parts: ActParts, principal: Principal, input: ActInput<'end'>) {
  const request = isUser(principal)
    ? ({ name: 'end', person: principal.person } as const)
    : ({ name: 'force_end' } as const);
  return toCallResult(await command(parts, principal, input, request));
}
