import type { inviteBody, participantPatch } from '@ringline/contract';
import type { z } from 'zod';
import type { UserPrincipal } from '../identity/principal.ts';
import {
  type CommandParts,
  callResult,
  command,
  type IdempotencyKey,
  participantResult,
  refusalToRing,
  toIdempotency,
} from './command.ts';

export async function invite(
  parts: CommandParts,
  principal: UserPrincipal,
  callId: string,
  { participantIds }: z.infer<typeof inviteBody>,
  key?: IdempotencyKey,
) {
  const asked = { participantIds };
  const idempotency = toIdempotency(principal, key, 'invite', { callId, ...asked });
  const tooOften = await refusalToRing(parts, principal, participantIds, idempotency);
  if (tooOften !== null) return { refusal: tooOften };
  const request = { name: 'invite', person: principal.person, participantIds } as const;
  const outcome = await command(parts, principal, callId, request, key, asked);
  if (outcome.refusal === null) {
    await parts.rings.rang(outcome.call, principal.person.userId, participantIds);
  }
  return callResult(outcome);
}

type Patch = z.infer<typeof participantPatch>;

/** What the user says of their own microphone, camera and screen. */
export async function toggle(
  parts: CommandParts,
  principal: UserPrincipal,
  callId: string,
  { audioEnabled, videoEnabled, screenSharing }: Patch,
) {
  const request = {
    name: 'toggle',
    person: principal.person,
    ...(audioEnabled !== undefined && { audioEnabled }),
    ...(videoEnabled !== undefined && { videoEnabled }),
    ...(screenSharing !== undefined && { screenSharing }),
  } as const;
  const outcome = await command(parts, principal, callId, request);
  return participantResult(outcome, principal.person.userId);
}
