import type { ActInput } from '@ringline/contract';
import type { UserPrincipal } from '../identity/principal.ts';
import type { ActParts } from './act.ts';
import { command, toCallResult } from './command.ts';
import { toIdempotency } from './idempotency.ts';
import { refuseRings } from './ring-limit.ts';

/** Invites users who are not in the call. */
export async function invite(
  parts: ActParts,
  principal: UserPrincipal,
  { callId, participantIds, idempotencyKey }: ActInput<'invite'>,
) {
  const { person } = principal;
  const asked = { callId, participantIds };
  const idempotency = toIdempotency(principal, idempotencyKey, 'invite', asked);
  const refusal = await refuseRings(parts, principal, participantIds, idempotency);
  if (refusal !== null) return { refusal };
  const request = { name: 'invite', person, participantIds } as const;
  const outcome = await command(parts, principal, { ...asked, idempotencyKey }, request);
  if (outcome.refusal === null) {
    await parts.rings.rang(outcome.call, person.userId, participantIds);
  }
  return toCallResult(outcome);
}
