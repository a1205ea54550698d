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

/** Half a minute is enough to act on a warning; of a shorter solo time, half of it. */
const SOLO_WARNING_SECONDS = 30;
const MAX_DURATION_WARNING_SECONDS = 60;

function earliest(instants: (Instant | null)[]): Instant | null {
  const set = instants.filter((instant) => instant !== null);
  return set.length === 0 ? null : Math.min(...set);
}

/** The end of the maximum duration; null before it runs, and once the call is over. */
export function getMaxExpiresAt(call: Call): Instant | null {
  return call.connectedAt === null || call.endedAt !== null
    ? null
    : call.connectedAt + call.timings.maxSeconds * 1000;
}

/** The earlier of solo and maximum duration; null while neither runs. */
export function getExpiresAt(call: Call): Instant | null {
  return earliest([call.soloExpiresAt, getMaxExpiresAt(call)]);
}

/** Which of the two `expiresAt` is; at the same instant the maximum duration decides. */
export function getExpiryReason(call: Call): EndingSoonReason {
  return getExpiresAt(call) === getMaxExpiresAt(call) ? 'max_duration' : 'solo_timeout';
}

/** When `call:ending_soon` is due for the current `expiresAt`; null once it was sent. */
export function getWarningAt(call: Call): Instant | null {
  const expiresAt = getExpiresAt(call);
  if (expiresAt === null || call.warnedFor === expiresAt) return null;
  const [runs, lead] =
    getExpiryReason(call) === 'max_duration'
      ? [call.timings.maxSeconds, MAX_DURATION_WARNING_SECONDS]
      : [call.timings.soloSeconds, SOLO_WARNING_SECONDS];
  return expiresAt - Math.min(lead, runs / 2) * 1000;
}

/** The one deadline that runs for a participant: their ring, their connect, or their grace. */
export function getDeadline(participant: Participant): Instant | null {
  if (isRinging(participant)) return participant.ringExpiresAt;
  return isInCall(participant) ? participant.deadline : null;
}

/** The next instant at which time alone changes this call; null when nothing is pending. */
export function getNextDueAt(call: Call): Instant | null {
  if (isTerminal(call)) return null;
  const ofCall = isAnswered(call) ? [getExpiresAt(call), getWarningAt(call)] : [];
  return earliest([...call.participants.map(getDeadline), ...ofCall]);
}
