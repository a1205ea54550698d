import type { EndingSoonReason } from '@ringline/contract/states';
import {
  type Call,
  type Instant,
  isAnswered,
  isInCall,
  isRinging,
  isTerminal,
  type Participant,
} from './call.ts';

const SOLO_WARNING_SECONDS = 30;
const MAX_DURATION_WARNING_SECONDS = 60;

function earliest(instants: (Instant | null)[]): Instant | null {
  const set = instants.filter((instant) => instant !== null);
  return set.length === 0 ? null : Math.min(...set);
}

/** When the maximum duration ends; null before the call connects and after it ends. */
export function getMaxExpiresAt(call: Call): Instant | null {
  return call.connectedAt === null || call.endedAt !== null
    ? null
    : call.connectedAt + call.timings.maxSeconds * 1000;
}

/** The earlier of the solo deadline and the maximum duration; null while neither runs. */
export function getExpiresAt(call: Call): Instant | null {
  return earliest([call.soloExpiresAt, getMaxExpiresAt(call)]);
}

/** Which of the two deadlines `expiresAt` is. At the same instant, the maximum duration decides. */
export function getExpiryReason(call: Call): EndingSoonReason {
  return getExpiresAt(call) === getMaxExpiresAt(call) ? 'max_duration' : 'solo_timeout';
}

/** When `call:ending_soon` is due for the current `expiresAt`; null after it was sent. */
export function getWarningAt(call: Call): Instant | null {
  const expiresAt = getExpiresAt(call);
  if (expiresAt === null || call.warnedFor === expiresAt) return null;
  const [runs, lead] =
    getExpiryReason(call) === 'max_duration'
      ? [call.timings.maxSeconds, MAX_DURATION_WARNING_SECONDS]
      : [call.timings.soloSeconds, SOLO_WARNING_SECONDS];
  return expiresAt - Math.min(lead, runs / 2) * 1000;
}

/** The current deadline of a participant: ring, connect or grace. */
export function getDeadline(participant: Participant): Instant | null {
  if (isRinging(participant)) return participant.ringExpiresAt;
  return isInCall(participant) ? participant.deadline : null;
}

/** When the next deadline of the call is due; null if there is none. */
export function getNextDueAt(call: Call): Instant | null {
  if (isTerminal(call)) return null;
  const ofCall = isAnswered(call) ? [getExpiresAt(call), getWarningAt(call)] : [];
  return earliest([...call.participants.map(getDeadline), ...ofCall]);
}
