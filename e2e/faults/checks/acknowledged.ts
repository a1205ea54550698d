import type { Check, Violation } from './check.ts';

/** Every acknowledged change is stored. */
export const acknowledgedSurvives: Check = {
  name: 'an-acknowledged-answer-survives',
  withinMs: 5000,
  begin: async ({ world, ledger }) => {
    return async () => {
      const stored = await world.rows<{ id: string; seq: number }>('SELECT id, seq FROM calls');
      const seqById = new Map(stored.map(({ id, seq }) => [id, seq]));
      return ledger.acknowledged.flatMap(({ userId, what, callId, seq }): Violation[] => {
        const kept = seqById.get(callId);
        if (kept !== undefined && kept >= seq) return [];
        const detail = `${userId}, ${what}: answered with seq ${seq}; stored is ${kept ?? 'no such call'}`;
        return [{ invariant: acknowledgedSurvives.name, callId, detail }];
      });
    };
  },
};
