import {
  type Call,
  findParticipant,
  isRinging,
  type Participant,
  type Refusal,
} from '@ringline/domain';
import type { CallServiceConfig } from '@ringline/platform';
import { askRedis, type LimitParts, secondsUntil, tooMany } from './ask-redis.ts';
import { createExpiringSets } from './expiring-set.ts';

const LIMIT = 'unanswered_rings';

/**
 * Limits how often one user rings another who does not answer. Declined, missed and cancelled rings
 * all count. Calls to a busy callee do not ring and do not count.
 */
export interface UnansweredRings {
  /** Refuses if the caller must not ring one of the callees now. */
  refusal(callerId: string, calleeIds: readonly string[]): Promise<Refusal | null>;
  /**
   * Counts the rings of this caller to these users. Each ring counts once, even if this is called
   * again.
   */
  rang(call: Call, callerId: string, userIds: readonly string[]): Promise<void>;
  /** Resets the counter of the user who rang this one. */
  answered(call: Call, userId: string): Promise<void>;
}

const UNLIMITED: UnansweredRings = {
  refusal: async () => null,
  rang: async () => undefined,
  answered: async () => undefined,
};

// User ids contain no slash.
function pairKey(callerId: string, calleeId: string): string {
  return `${callerId}/${calleeId}`;
}

export function createUnansweredRings(
  parts: LimitParts,
  { pairUnansweredRings, pairWindowSeconds }: CallServiceConfig['rateLimits'],
): UnansweredRings {
  if (pairUnansweredRings === 0) return UNLIMITED;
  const rings = createExpiringSets(parts.redis, LIMIT, pairWindowSeconds);
  const update = (work: () => Promise<unknown>) => askRedis(parts, LIMIT, work, undefined);

  /** In milliseconds; 0 for a pair that has rings left. */
  const getWait = async (pair: string): Promise<number> => {
    const expiries = await rings.expiries(pair);
    const freesRing = expiries.at(-pairUnansweredRings);
    return freesRing === undefined ? 0 : freesRing - Date.now();
  };

  const count = (call: Call, { userId, rings: nth }: Participant, callerId: string) =>
    Promise.all([
      rings.add(pairKey(callerId, userId), `${call.id}/${nth}`),
      // Calling back resets the counter.
      rings.clear(pairKey(userId, callerId)),
    ]);

  return {
    async refusal(callerId, calleeIds) {
      const waits = await askRedis(
        parts,
        LIMIT,
        () => Promise.all(calleeIds.map((calleeId) => getWait(pairKey(callerId, calleeId)))),
        [],
      );
      const longest = Math.max(0, ...waits);
      if (longest === 0) return null;
      parts.metrics.rateLimitRefusals.inc({ limit: LIMIT });
      parts.logger.warn('a limit was reached', { limit: LIMIT, key: callerId });
      return tooMany('unanswered rings', secondsUntil(longest));
    },
    async rang(call, callerId, userIds) {
      const ringing = call.participants.filter(
        (participant) =>
          userIds.includes(participant.userId) &&
          participant.invitedBy === callerId &&
          isRinging(participant),
      );
      await update(() =>
        Promise.all(ringing.map((participant) => count(call, participant, callerId))),
      );
    },
    async answered(call, userId) {
      const callerId = findParticipant(call, userId)?.invitedBy ?? null;
      if (callerId !== null) await update(() => rings.clear(pairKey(callerId, userId)));
    },
  };
}
