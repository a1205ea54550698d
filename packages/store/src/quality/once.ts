import type { Database, Queries } from '../database.ts';
import { type IdempotentAnswer, rememberAnswer } from '../idempotency.ts';

/** The key of a request that is no command on a call, and so is never refused by the machine. */
export type IdempotencyKey = Pick<IdempotentAnswer, 'userId' | 'key' | 'fingerprint' | 'status'>;

/** False if the user's key is there already. */
export const rememberKey = async (
  tx: Queries,
  callId: string,
  key: IdempotencyKey,
): Promise<boolean> =>
  (await rememberAnswer(tx, callId, { ...key, refusal: null, merged: false })) !== null;

/**
 * Does, once for each key, what is done elsewhere than in the database. Whoever repeats it meanwhile waits; where it was
 * not done, the key is free again.
 */
export const doOnce = (
  db: Database,
  callId: string,
  key: IdempotencyKey,
  work: () => Promise<boolean>,
): Promise<'done' | 'not_done' | 'repeated'> =>
  db.transaction(
    async (tx) => {
      if (!(await rememberKey(tx, callId, key))) return 'repeated';
      return (await work()) ? 'done' : 'not_done';
    },
    (outcome) => outcome === 'done',
  );
