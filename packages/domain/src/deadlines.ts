import {
  type Call,
  type Instant,
  isAnswered,
  isIn,
  isRung,
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
export function maxExpiresAt(call: Call): Instant | null {
  return call.connectedAt === null || call.endedAt !== null
    ? null
    : call.connectedAt + call.timings.maxSeconds * 1000;
}

/** The earlier of solo and maximum duration; null while neither runs. */
export function expiresAtOf(call: Call): Instant | null {
  return earliest([call.soloExpiresAt, maxExpiresAt(call)]);
}

/** Which of the two `expiresAt` is; at the same instant the maximum duration decides. */
export function expiryReasonOf(call: Call): 'solo_timeout' | 'max_duration' {
  return expiresAtOf(call) === maxExpiresAt(call) ? 'max_duration' : 'solo_timeout';
}

/** When `call:ending_soon` is due for the current `expiresAt`; null once it was sent. */
export function warnAtOf(call: Call): Instant | null {
  const expiresAt = expiresAtOf(call);
  if (expiresAt === null || call.warnedFor === expiresAt) return null;
  const [runs, lead] =
    expiryReasonOf(call) === 'max_duration'
      ? [call.timings.maxSeconds, MAX_DURATION_WARNING_SECONDS]
      : [call.timings.soloSeconds, SOLO_WARNING_SECONDS];
  return expiresAt - Math.min(lead, runs / 2) * 1000;
}

/** The one deadline that runs for a participant: their ring, their connect, or their grace. */
export function deadlineOf(participant: Participant): Instant | null {
  if (isRung(participant)) return participant.ringExpiresAt;
  return isIn(participant) ? participant.deadline : null;
}

/** The next instant at which time alone changes this call; null when nothing is pending. */
export function nextDueAt(call: Call): Instant | null {
  if (isTerminal(call)) return null;
  const ofCall = isAnswered(call) ? [expiresAtOf(call), warnAtOf(call)] : [];
  return earliest([...call.participants.map(deadlineOf), ...ofCall]);
}
