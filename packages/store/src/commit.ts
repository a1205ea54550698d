import { CLAIM_INDEX } from './busy-users.ts';
import type { Database, Queries } from './database.ts';
import { isContention, ranOutOfTime, violates } from './database-errors.ts';
import type { Commit, CommitResult } from './decision.ts';
import { saveIdempotent } from './idempotency.ts';
import { saveLiveKitWebhook } from './livekit-webhooks.ts';
import { statement } from './statement.ts';
import { writeLockedCalls, writeNewCall } from './write.ts';

/** Locks only the call, so inserts that refer to it do not wait. */
const LOCK_VERSION = statement(
  'lock_version',
  'SELECT version FROM calls WHERE id = $1 FOR NO KEY UPDATE',
);

async function lockVersion(tx: Queries, callId: string): Promise<number | null> {
  const rows = await tx.rows<{ version: number }>(LOCK_VERSION, [callId]);
  return rows[0]?.version ?? null;
}

/**
 * Every commit takes its locks in the same order: key, webhook, call, claims. So a commit that
 * waits for a key blocks no other one.
 */
async function writeAll(tx: Queries, commit: Commit): Promise<CommitResult> {
  const { call, expectedVersion, idempotency, webhook } = commit;
  if (idempotency !== null && (await saveIdempotent(tx, call.id, idempotency)) === null) {
    return { outcome: 'repeated' };
  }
  if (webhook !== null && !(await saveLiveKitWebhook(tx, call.id, webhook))) {
    return { outcome: 'duplicate_webhook' };
  }
  if (expectedVersion === null) {
    const written = await writeNewCall(tx, commit);
    return written === null ? { outcome: 'conflict' } : { outcome: 'committed', ...written };
  }
  const version = await lockVersion(tx, call.id);
  if (version === null) return { outcome: 'gone' };
  if (version !== expectedVersion) return { outcome: 'conflict' };
  const [written] = await writeLockedCalls(tx, [commit]);
  if (written === undefined) throw new Error('a commit returned no result');
  return { ...written, outcome: 'committed', version: written.version ?? version };
}

/**
 * Commits a decision in one transaction. A conflict is returned, not thrown: see `CommitResult`.
 */
export async function commit(db: Database, decided: Commit): Promise<CommitResult> {
  try {
    return await db.transaction((tx) => writeAll(tx, decided), {
      commitIf: ({ outcome }) => outcome === 'committed',
    });
  } catch (error) {
    if (violates(error, CLAIM_INDEX)) return { outcome: 'claimed' };
    if (isContention(error)) return { outcome: 'conflict' };
    if (ranOutOfTime(error)) return { outcome: 'timed_out', error };
    throw error;
  }
}
