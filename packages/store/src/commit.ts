import { CLAIM_INDEX } from './busy-users.ts';
import { type Database, isContention, type Queries, ranOutOfTime, violates } from './database.ts';
import type { Commit, CommitResult } from './decision.ts';
import { saveIdempotent } from './idempotency.ts';
import { saveLiveKitWebhook } from './livekit-webhooks.ts';
import { writeLockedCalls, writeNewCall } from './write.ts';

/** Locks the call, and nothing that refers to it: writers of other tables do not wait. */
async function lockVersion(tx: Queries, callId: string): Promise<number | null> {
  const rows = await tx.rows<{ version: number }>(
    'SELECT version FROM calls WHERE id = $1 FOR NO KEY UPDATE',
    [callId],
  );
  return rows[0]?.version ?? null;
}

/**
 * The order of the locks is the same for everyone: key, webhook, call, claims. So whoever waits for a key has
 * nothing that others wait for.
 */
async function writeAll(tx: Queries, commit: Commit): Promise<CommitResult> {
  const { call, expectedVersion, idempotency, webhook: report } = commit;
  if (idempotency !== null && (await saveIdempotent(tx, call.id, idempotency)) === null) {
    return { outcome: 'repeated' };
  }
  if (report !== null && !(await saveLiveKitWebhook(tx, call.id, report))) {
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
  if (written === undefined) throw new Error('a commit was written and left no trace');
  return { ...written, outcome: 'committed', version: written.version ?? version };
}

const MAX_ATTEMPTS = 3;

/**
 * Makes a decision so, in one transaction. What stands in the way of it is a value: see `CommitResult`. A transaction that
 * ran out of time, as on a machine that stood still for a second, was rolled back and is repeated.
 */
export async function commit(db: Database, decided: Commit): Promise<CommitResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction((tx) => writeAll(tx, decided), {
        keep: ({ outcome }) => outcome === 'committed',
      });
    } catch (error) {
      if (violates(error, CLAIM_INDEX)) return { outcome: 'claimed' };
      if (isContention(error)) return { outcome: 'conflict' };
      if (!ranOutOfTime(error) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
