import type { Outcome } from '@ringline/contract/states';
import { type Call, findParticipant, isActive } from './call.ts';

export type { Outcome } from '@ringline/contract/states';

/**
 * The outcome of a call for one participant, for their history: see docs/call-rules.md, Outcomes.
 */
export function getOutcome(call: Call, userId: string): Outcome {
  const participant = findParticipant(call, userId);
  if (participant === undefined) throw new Error('the user is not a participant of the call');
  if (isActive(participant)) return 'ongoing';
  if (participant.stayedMs > 0) return 'completed';
  const left = participant.state;
  if (left === 'declined' || left === 'missed' || left === 'busy') return left;
  if (left === 'cancelled' && call.endReason === 'media_failure') return 'failed';
  // An operator ended the call: the user did not miss it.
  if (left === 'cancelled' && call.endReason === 'admin_ended') return 'cancelled';
  // A user who accepted an earlier invitation may have been removed while a later one rang.
  const { acceptedAt, invitedAt } = participant;
  const lastRingUnanswered = acceptedAt === null || acceptedAt < invitedAt;
  if (left === 'cancelled' || (left === 'removed' && lastRingUnanswered)) return 'missed';
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
