import type { ActInput } from '@ringline/contract';
import type { UserPrincipal } from '../identity/principal.ts';
import { tooMany } from '../limits/ask-redis.ts';
import type { ActParts } from './act.ts';
import { command, toParticipantResult } from './command.ts';

/**
 * Reports which of microphone, camera and screen sharing the user has on. Each change is an event
 * of the call.
 */
export async function toggle(
  parts: ActParts,
  principal: UserPrincipal,
  { callId, audioEnabled, videoEnabled, screenSharing }: ActInput<'toggle'>,
) {
  const { person } = principal;
  // User ids contain no slash.
  const retryAfterSeconds = await parts.toggleRate(`${callId.toLowerCase()}/${person.userId}`);
  if (retryAfterSeconds !== null) return { refusal: tooMany('toggles', retryAfterSeconds) };
  const request = {
    name: 'toggle',
    person,
    ...(audioEnabled !== undefined && { audioEnabled }),
    ...(videoEnabled !== undefined && { videoEnabled }),
    ...(screenSharing !== undefined && { screenSharing }),
  } as const;
  const outcome = await command(parts, principal, { callId }, request);
  return toParticipantResult(outcome, person.userId);
}
