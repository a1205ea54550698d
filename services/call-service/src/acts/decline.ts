import type { ActInput } from '@ringline/contract';
import type { UserPrincipal } from '../identity/principal.ts';
import type { ActParts } from './act.ts';
import { command, toCallResult } from './command.ts';

/** Declines a ringing call. */
export async function decline(
  parts: ActParts,
  principal: UserPrincipal,
  input: ActInput<'decline'>,
) {
  const { person } = principal;
  const request = {
    name: 'decline',
    person,
    deviceId: principal.deviceId,
    reason: input.reason ?? 'declined',
  } as const;
  return toCallResult(await command(parts, principal, input, request));
}
