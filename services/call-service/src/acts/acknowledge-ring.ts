import type { ActInput } from '@ringline/contract';
import type { UserPrincipal } from '../identity/principal.ts';
import type { ActParts } from './act.ts';
import { command, toCallResult } from './command.ts';

/**
 * Records that a device rings. The other participants are notified, and the ring is not sent again.
 */
export async function acknowledgeRing(
  parts: ActParts,
  principal: UserPrincipal,
  input: ActInput<'acknowledgeRing'>,
) {
  const { person } = principal;
  const request = { name: 'acknowledge_ring', person } as const;
  return toCallResult(await command(parts, principal, input, request));
}
