import type { ActInput } from '@ringline/contract';
import type { UserPrincipal } from '../identity/principal.ts';
import type { ActParts } from './act.ts';
import { command, toCallResult } from './command.ts';

/** Makes another participant the host. */
export async function handOver(
  parts: ActParts,
  principal: UserPrincipal,
  input: ActInput<'handOver'>,
) {
  const { person } = principal;
  const request = { name: 'hand_over', person, userId: input.userId } as const;
  return toCallResult(await command(parts, principal, input, request));
}
