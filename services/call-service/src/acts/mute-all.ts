import type { ActInput } from '@ringline/contract';
import type { UserPrincipal } from '../identity/principal.ts';
import type { ActParts } from './act.ts';
import { command, toCallResult } from './command.ts';

/** Mutes everyone's audio, except the host's. */
export async function muteAll(
  parts: ActParts,
  principal: UserPrincipal,
  input: ActInput<'muteAll'>,
) {
  const { person } = principal;
  const request = { name: 'mute_all', person } as const;
  return toCallResult(await command(parts, principal, input, request));
}
