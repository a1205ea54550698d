import type { ReportedSample } from '../report/redis-stream.ts';

/** Older reports say nothing about the present. */
const FRESH_MS = 30_000;

interface RoundTrip {
  roundTripMs: number;
  at: number;
}

/** The latest known round trip of each participant to LiveKit. */
export interface RoundTrips {
  /**
   * Records a sample's round trip, and returns the average of the others in the call; null if
   * unknown.
   */
  record(sample: ReportedSample): number | null;
}

function averageOthers(
  users: ReadonlyMap<string, RoundTrip>,
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
 * Kept in memory, from the samples that this process read. Another ingester learns the same from
 * the next samples. Calls without recent reports are removed.
 */
export function createRoundTrips(): RoundTrips {
  const calls = new Map<string, Map<string, RoundTrip>>();
  let sweptAt = 0;

  const removeSilentCalls = (now: number): void => {
    if (now - sweptAt <= FRESH_MS) return;
    sweptAt = now;
    for (const [callId, users] of calls) {
      const isSilent = [...users.values()].every(({ at }) => now - at > FRESH_MS);
      if (isSilent) calls.delete(callId);
    }
  };

  return {
    record({ callId, userId, roundTripMs, arrivedAt }) {
      removeSilentCalls(arrivedAt);
      const users = calls.get(callId) ?? new Map<string, RoundTrip>();
      // A repeated report may arrive after newer ones.
      const known = users.get(userId);
      if (known === undefined || known.at <= arrivedAt) {
        users.set(userId, { roundTripMs, at: arrivedAt });
      }
      calls.set(callId, users);
      return averageOthers(users, userId, arrivedAt);
    },
  };
}
