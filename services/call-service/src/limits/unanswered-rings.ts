import { type Call, findParticipant, isRinging, type Participant } from '@ringline/domain';
import type { CallServiceConfig } from '@ringline/platform';
import type { Refusal } from '../result.ts';
import { askRedis, type LimitParts, secondsUntil, tooMany } from './ask-redis.ts';
import { createExpiringSets } from './expiring-set.ts';

const LIMIT = 'unanswered_rings';

/**
 * How often one user rings another who does not answer. Declined, missed and called off is all the same: it rang,
 * and nobody wanted it to. Being busy is no ring.
 */
export interface UnansweredRings {
  /** Why this user must not ring one of those now; null if they may. */
  refusal(callerId: string, calleeIds: readonly string[]): Promise<Refusal | null>;
  /** Counts those among the users who ring in this call because of the caller; each ring once, however often told. */
  rang(call: Call, callerId: string, userIds: readonly string[]): Promise<void>;
  /** The user got in: whoever rang them may do so again. */
  answered(call: Call, userId: string): Promise<void>;
}

const UNLIMITED: UnansweredRings = {
  refusal: async () => null,
  rang: async () => undefined,
  answered: async () => undefined,
};

// No user id has a slash.
function pairKey(callerId: string, calleeId: string): string {
  return `${callerId}/${calleeId}`;
}

export function createUnansweredRings(
  parts: LimitParts,
  { pairUnansweredRings, pairWindowSeconds }: CallServiceConfig['rateLimits'],
): UnansweredRings {
  if (pairUnansweredRings === 0) return UNLIMITED;
  const rings = createExpiringSets(parts.redis, LIMIT, pairWindowSeconds);
  const inform = (tell: () => Promise<unknown>) => askRedis(parts, LIMIT, tell, undefined);

  /** In milliseconds from now; 0 for a pair that has rings left. */
  const waitOf = async (pair: string): Promise<number> => {
    const expiries = await rings.expiries(pair);
    const enough = expiries.at(-pairUnansweredRings);
    return enough === undefined ? 0 : enough - Date.now();
  };

  const count = (call: Call, { userId, rings: nth }: Participant, callerId: string) =>
    Promise.all([
      rings.add(pairKey(callerId, userId), `${call.id}/${nth}`),
      // Who calls back was not bothered.
      rings.clear(pairKey(userId, callerId)),
    ]);

  return {
    async refusal(callerId, calleeIds) {
      const waits = await askRedis(
        parts,
        LIMIT,
        () => Promise.all(calleeIds.map((calleeId) => waitOf(pairKey(callerId, calleeId)))),
        [],
      );
      const longest = Math.max(0, ...waits);
      if (longest === 0) return null;
      parts.metrics.rateLimitRefusals.inc({ limit: LIMIT });
      parts.logger.warn('a limit was reached', { limit: LIMIT, key: callerId });
      return tooMany('rings that nobody answered', secondsUntil(longest));
    },
    async rang(call, callerId, userIds) {
      const ringing = call.participants.filter(
        (participant) =>
          userIds.includes(participant.userId) &&
          participant.invitedBy === callerId &&
          isRinging(participant),
      );
      await inform(() =>
        Promise.all(ringing.map((participant) => count(call, participant, callerId))),
      );
    },
    async answered(call, userId) {
      const callerId = findParticipant(call, userId)?.invitedBy ?? null;
      if (callerId !== null) await inform(() => rings.clear(pairKey(callerId, userId)));
    },
  };
}
