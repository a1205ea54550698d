import type { Logger } from '@ringline/platform';
import { createBatchSize } from './batch-size.ts';
import { type Database, type Queries, StoreUnavailable } from './database.ts';
import type { Commit } from './decision.ts';
import { type Loaded, loadMany } from './load.ts';
import { writeLockedCalls } from './write.ts';

export interface ExpiredCommit {
  commit: Commit;
  outboxId: string | null;
}

/** What time means for a call; null leaves it as it is. Its commits carry no key and no report. */
export type DecideExpired = (loaded: Loaded) => Commit | null;

const IS_DUE = 'next_due_at IS NOT NULL AND next_due_at <= ringline_now()';

/** A call that cannot be decided waits this long, so that it does not stand in the way of all others. */
const POSTPONED = `interval '1 minute'`;

async function dueCalls(db: Queries, limit: number): Promise<string[]> {
  const rows = await db.rows<{ id: string }>(
    `SELECT id FROM calls WHERE ${IS_DUE} ORDER BY next_due_at LIMIT $1`,
    [limit],
  );
  return rows.map(({ id }) => id);
}

/** Locks calls that nobody is working on. They are loaded afterwards: only then is it certain what they are. */
async function lockDueCalls(tx: Queries, limit: number): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(
    `SELECT id FROM calls WHERE ${IS_DUE} ORDER BY next_due_at LIMIT $1
     FOR NO KEY UPDATE SKIP LOCKED`,
    [limit],
  );
  return rows.map(({ id }) => id);
}

async function lockDueCall(tx: Queries, callId: string): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(
    `SELECT id FROM calls WHERE id = $1 AND ${IS_DUE} FOR NO KEY UPDATE SKIP LOCKED`,
    [callId],
  );
  return rows.map(({ id }) => id);
}

async function postpone(db: Queries, callId: string): Promise<void> {
  await db.rows(
    `UPDATE calls SET next_due_at = ringline_now() + ${POSTPONED} WHERE id = $1 AND ${IS_DUE}`,
    [callId],
  );
}

async function decideLocked(
  tx: Queries,
  callIds: readonly string[],
  decide: DecideExpired,
): Promise<ExpiredCommit[]> {
  if (callIds.length === 0) return [];
  const decided = (await loadMany(tx, callIds)).map(decide).filter((commit) => commit !== null);
  if (decided.length === 0) return [];
  const written = await writeLockedCalls(tx, decided);
  return decided.map((commit, index) => ({ commit, outboxId: written[index]?.outboxId ?? null }));
}

/** The long way, for a batch that failed: each by itself, so that only the one at fault is put off. */
async function decideOneByOne(
  db: Database,
  logger: Logger,
  limit: number,
  decide: DecideExpired,
): Promise<ExpiredCommit[]> {
  const done: ExpiredCommit[] = [];
  for (const callId of await dueCalls(db, limit)) {
    try {
      const decideOne = async (tx: Queries) =>
        decideLocked(tx, await lockDueCall(tx, callId), decide);
      done.push(...(await db.transaction(decideOne)));
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      logger.error('a due call could not be decided and is put off', { callId, error });
      await postpone(db, callId);
    }
  }
  return done;
}

/**
 * Decides up to `limit` calls whose time has come, the longest due first, and makes it so in one transaction.
 * Workers share the due calls without overlap and without waiting for each other.
 */
export function createCommitExpired(db: Database, logger: Logger) {
  const inBatches = createBatchSize();
  return async (most: number, decide: DecideExpired): Promise<ExpiredCommit[]> => {
    try {
      return await inBatches(
        most,
        (limit, timeoutMs) =>
          db.transaction(async (tx) => decideLocked(tx, await lockDueCalls(tx, limit), decide), {
            timeoutMs,
          }),
        (done) => done.length,
      );
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      logger.warn('a batch of due calls failed; they are decided one by one', { error });
      return decideOneByOne(db, logger, most, decide);
    }
  };
}
