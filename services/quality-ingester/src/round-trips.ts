import type { ReportedSample } from '@ringline/engine';

/** What somebody reported longer ago says nothing of now. */
const FRESH_MS = 30_000;

interface Heard {
  roundTripMs: number;
  at: number;
}

/** How far from LiveKit the participants of calls are, as far as this process has heard. */
export interface RoundTrips {
  /** Notes a sample that arrived then, and says how far the others in its call are on average; null if unknown. */
  note(sample: ReportedSample, arrivedAt: number): number | null;
}

function averageOfOthers(
  users: ReadonlyMap<string, Heard>,
  userId: string,
  now: number,
): number | null {
  let others = 0;
  let sum = 0;
  for (const [other, { roundTripMs, at }] of users) {
    if (other === userId || now - at > FRESH_MS) continue;
    others += 1;
    sum += roundTripMs;
  }
  return others === 0 ? null : sum / others;
}

/**
 * Kept in memory, and only of what came by here: another ingester hears of the same participants with the next samples.
 * Calls that nobody reports of any more are forgotten.
 */
export function createRoundTrips(): RoundTrips {
  const calls = new Map<string, Map<string, Heard>>();
  let sweptAt = 0;

  const forgetSilentCalls = (now: number): void => {
    if (now - sweptAt <= FRESH_MS) return;
    sweptAt = now;
    for (const [callId, users] of calls) {
      const isSilent = [...users.values()].every(({ at }) => now - at > FRESH_MS);
      if (isSilent) calls.delete(callId);
    }
  };

  return {
    note({ callId, userId, roundTripMs }, arrivedAt) {
      forgetSilentCalls(arrivedAt);
      const users = calls.get(callId) ?? new Map<string, Heard>();
      // A repeated report may come in after newer ones.
      const known = users.get(userId);
      if (known === undefined || known.at <= arrivedAt) {
        users.set(userId, { roundTripMs, at: arrivedAt });
      }
      calls.set(callId, users);
      return averageOfOthers(users, userId, arrivedAt);
    },
  };
}
