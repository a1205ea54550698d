import type { Check, Violation } from './check.ts';

interface StoredSample {
  readonly callId: string;
  readonly userId: string;
  readonly measuredAt: string;
  readonly copies: number;
}

type SampleName = Pick<StoredSample, 'callId' | 'userId' | 'measuredAt'>;

function toKey({ callId, userId, measuredAt }: SampleName): string {
  return `${callId} ${userId} ${measuredAt}`;
}

function toViolation(sample: SampleName, what: string): Violation {
  return {
    invariant: qualityStored.name,
    callId: sample.callId,
    detail: `the sample of ${sample.userId} from ${sample.measuredAt} ${what}`,
  };
}

/** Every acknowledged sample is stored once, and no sample twice. */
export const qualityStored: Check = {
  name: 'an-acknowledged-sample-is-stored-once',
  // Another ingester takes over a dead one's samples after some time.
  withinMs: 20_000,
  begin: async ({ world, ledger, losses }) => {
    const acknowledged = [...ledger.samples];
    const mayBeLost = (at: number) => losses.some(({ from, to }) => at >= from && at <= to);
    return async () => {
      const stored = await world.rows<StoredSample>(
        `SELECT call_id AS "callId", user_id AS "userId", count(*)::integer AS copies,
           to_char(measured_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "measuredAt"
         FROM call_quality_metrics GROUP BY call_id, user_id, measured_at`,
      );
      const known = new Set(stored.map(toKey));
      const missing = acknowledged.filter((one) => !known.has(toKey(one)) && !mayBeLost(one.at));
      const twice = stored.filter(({ copies }) => copies > 1);
      return [
        ...missing.map((one) => toViolation(one, 'was acknowledged and is not stored')),
        ...twice.map((one) => toViolation(one, `is stored ${one.copies} times`)),
      ];
    };
  },
};
