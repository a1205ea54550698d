import type { Database, Queries } from './database.ts';
import type { Commit } from './decision.ts';
import { type Loaded, loadMany } from './load.ts';
import { statement } from './statement.ts';
import { writeLockedCalls } from './write.ts';

const IS_DUE = 'next_due_at IS NOT NULL AND next_due_at <= ringline_now()';

const LIST_EXPIRED = statement(
  'list_expired',
  `SELECT id FROM calls WHERE ${IS_DUE} ORDER BY next_due_at LIMIT $1`,
);
const LOCK_EXPIRED = statement(
  'lock_expired',
  `${LIST_EXPIRED.text} FOR NO KEY UPDATE SKIP LOCKED`,
);
const POSTPONE = statement(
  'postpone',
  `UPDATE calls SET next_due_at = ringline_now() + interval '1 minute' WHERE id = $1 AND ${IS_DUE}`,
);

interface IdRow {
  id: string;
}

/** Calls with a passed deadline, locked until `commit` or `release`. */
export interface ExpiredCalls {
  calls: readonly Loaded[];
  /** Writes decisions on some of the calls. Returns their outbox ids in the same order. */
  commit(commits: readonly Commit[]): Promise<(string | null)[]>;
  /** Rolls back unless `commit` was called. Idempotent. */
  release(): Promise<void>;
}

/** Lists up to `limit` calls with a passed deadline, the longest overdue first. */
export async function listExpired(db: Queries, limit: number): Promise<string[]> {
  const rows = await db.rows<IdRow>(LIST_EXPIRED, [limit]);
  return rows.map(({ id }) => id);
}

/** Postpones a call that cannot be decided by a minute, so that it does not block the others. */
export async function postponeExpired(db: Queries, callId: string): Promise<void> {
  await db.run(POSTPONE, [callId]);
}

/** Calls are loaded after they are locked, so they cannot change. */
async function lockAndLoad(tx: Queries, limit: number): Promise<Loaded[]> {
  const rows = await tx.rows<IdRow>(LOCK_EXPIRED, [limit]);
  if (rows.length === 0) return [];
  return loadMany(
    tx,
    rows.map(({ id }) => id),
  );
}

/**
 * Locks up to `limit` calls with a passed deadline, the longest overdue first. Skips calls that
 * another process has locked. Postgres ends the transaction after `timeoutMs`.
 */
export async function lockExpired(
  db: Database,
  limit: number,
  timeoutMs: number,
): Promise<ExpiredCalls> {
  const { tx, result: calls } = await db.begin(timeoutMs, (tx) => lockAndLoad(tx, limit));
  return {
    calls,
    async commit(commits) {
      const written = commits.length === 0 ? [] : await writeLockedCalls(tx, commits);
      await tx.commit();
      return written.map(({ outboxId }) => outboxId);
    },
    release: () => tx.rollback(),
  };
}
