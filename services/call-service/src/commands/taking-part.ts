import type { inviteBody, participantPatch } from '@ringline/contract';
import type { z } from 'zod';
import type { UserAsker } from '../identity/asker.ts';
import {
  type CommandParts,
  callAnswer,
  command,
  type IdempotencyKey,
  idempotencyOf,
  participantAnswer,
  refusalToRing,
} from './command.ts';

export async function invite(
  parts: CommandParts,
  asker: UserAsker,
  callId: string,
  { participantIds }: z.infer<typeof inviteBody>,
  key?: IdempotencyKey,
) {
  const asked = { participantIds };
  const idempotency = idempotencyOf(asker, key, 'invite', { callId, ...asked });
  const tooOften = await refusalToRing(parts, asker, participantIds, idempotency);
  if (tooOften !== null) return { refusal: tooOften };
  const request = { name: 'invite', person: asker.person, participantIds } as const;
  const outcome = await command(parts, asker, callId, request, key, asked);
  if (outcome.refusal === null) {
    await parts.rings.rang(outcome.call, asker.person.userId, participantIds);
  }
  return callAnswer(outcome);
}

type Patch = z.infer<typeof participantPatch>;

/** What the user says of their own microphone, camera and screen. */
export async function toggle(
  parts: CommandParts,
  asker: UserAsker,
  callId: string,
  { audioEnabled, videoEnabled, screenSharing }: Patch,
) {
  const request = {
    name: 'toggle',
    person: asker.person,
    ...(audioEnabled !== undefined && { audioEnabled }),
    ...(videoEnabled !== undefined && { videoEnabled }),
    ...(screenSharing !== undefined && { screenSharing }),
  } as const;
  const outcome = await command(parts, asker, callId, request);
  return participantAnswer(outcome, asker.person.userId);
}
