import { decide } from '@ringline/domain';
import { type Loaded, StoreUnavailable } from '@ringline/store';
import { createOrigin, type Decided, type Engine } from '../engine.ts';
import { afterCommit, type Committed, save, toCommit } from './save.ts';

function expireDeadlines({ call: before, version, now }: Loaded): Decided {
  return { ...decide(before, { name: 'expire_deadlines' }, now), before, version };
}

/**
 * Expires the deadlines of one call. A conflicting commit has expired them itself and is not
 * retried.
 */
export async function expireCall(engine: Engine, callId: string): Promise<void> {
  const loaded = await engine.store.load(callId);
  if (loaded === null) return;
  await save(engine, expireDeadlines(loaded), createOrigin('deadline'), {});
}

function measureLateness(
  { metrics }: Engine,
  calls: readonly Loaded[],
  committed: readonly Committed[],
): void {
  const now = Math.max(...calls.map((loaded) => loaded.now));
  for (const { decided } of committed) {
    for (const { at } of decided.events) {
      metrics.deadlineLateness.observe(Math.max(0, now - at) / 1000);
    }
  }
}

/** Expires up to `limit` calls in one transaction that locks them. Returns how many changed. */
async function expireBatch(engine: Engine, limit: number, timeoutMs: number): Promise<number> {
  const origin = createOrigin('deadline');
  const expired = await engine.store.lockExpired(limit, timeoutMs);
  try {
    const decisions = expired.calls.map(expireDeadlines).filter(({ events }) => events.length > 0);
    const commits = decisions.map((decided) => ({
      decided,
      commit: toCommit(decided, origin, {}),
    }));
    const outboxIds = await expired.commit(commits.map(({ commit }) => commit));
    const committed = commits.map((one, index) => ({ ...one, outboxId: outboxIds[index] ?? null }));
    measureLateness(engine, expired.calls, committed);
    afterCommit(engine, committed, origin);
    return committed.length;
  } finally {
    await expired.release();
  }
}

/**
 * The fallback after a failed batch: postpones calls that cannot be decided, and expires the
 * others.
 */
async function expireOneByOne(engine: Engine, most: number): Promise<number> {
  const callIds = await engine.store.listExpired(most);
  for (const callId of callIds) {
    try {
      await expireCall(engine, callId);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      engine.logger.error('a due call cannot be decided and is postponed', { callId, error });
      await engine.store.postponeExpired(callId);
    }
  }
  return callIds.length;
}

/**
 * Expires the deadlines of up to `most` calls, the earliest deadline first. Several workers share
 * the calls without waiting for each other. Deadlines take priority over room clean-up. Returns how
 * many calls changed.
 */
export async function expireDueCalls(engine: Engine, most: number): Promise<number> {
  engine.backgroundTasks.pause();
  try {
    return await engine.store.inExpiryBatches(
      most,
      (limit, timeoutMs) => expireBatch(engine, limit, timeoutMs),
      (count) => count,
    );
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    engine.logger.warn('a batch of due calls failed, expiring them one by one', { error });
    return await expireOneByOne(engine, most);
  } finally {
    engine.backgroundTasks.resume();
  }
}
