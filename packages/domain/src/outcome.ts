import type { Outcome } from '@ringline/contract/states';
import { type Call, findParticipant, isActive } from './call.ts';

export type { Outcome } from '@ringline/contract/states';

/** The outcome of a call for one participant, for their history: see docs/call-rules.md, Outcomes. */
export function getOutcome(call: Call, userId: string): Outcome {
  const participant = findParticipant(call, userId);
  if (participant === undefined)
    throw new Error('an outcome is asked for one who is no participant');
  if (isActive(participant)) return 'ongoing';
  if (participant.stayedMs > 0) return 'completed';
  const wasOut = participant.state;
  if (wasOut === 'declined' || wasOut === 'missed' || wasOut === 'busy') return wasOut;
  if (wasOut === 'cancelled' && call.endReason === 'media_failure') return 'failed';
  // An operator called the ring off: the user did not miss it.
  if (wasOut === 'cancelled' && call.endReason === 'admin_ended') return 'cancelled';
  // Who answered an earlier ring of this call may have been removed during a later one.
  const { acceptedAt, invitedAt } = participant;
  const lastRingUnanswered = acceptedAt === null || acceptedAt < invitedAt;
  if (wasOut === 'cancelled' || (wasOut === 'removed' && lastRingUnanswered)) return 'missed';
  const lost = call.endReason === 'connection_lost' || call.endReason === 'connect_timeout';
  if (call.state === 'failed' || lost) return 'failed';
  const { state } = call;
  if (
    userId === call.initiatorId &&
    (state === 'missed' || state === 'declined' || state === 'busy' || state === 'cancelled')
  ) {
    return state;
  }
  return 'cancelled';
}
