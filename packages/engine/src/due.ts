import { decide } from '@ringline/domain';
import type { Commit } from '@ringline/store';
import { type Decided, type EngineParts, originOf } from './engine.ts';
import { afterCommit, commitOf, save } from './save.ts';

/**
 * Applies what is due, on up to `limit` calls in one transaction. Any number of workers may do this at
 * once: each call is decided by one of them. Returns how many calls were decided.
 */
export const settleDue = async (parts: EngineParts, limit: number): Promise<number> => {
  const origin = originOf('deadline');
  const decisions = new Map<Commit, Decided>();
  const saved = await parts.store.commitDue(limit, ({ call, version, now }) => {
    const decision = decide(call, { name: 'pass_time' }, now);
    if (decision.events.length === 0) return null;
    for (const { at } of decision.events) {
      parts.metrics.deadlineLateness.observe(Math.max(0, now - at) / 1000);
    }
    const decided: Decided = { ...decision, before: call, version };
    const commit = commitOf(decided, origin, {});
    decisions.set(commit, decided);
    return commit;
  });
  for (const { commit, outboxId } of saved) {
    const decided = decisions.get(commit);
    if (decided !== undefined) afterCommit(parts, decided, commit, outboxId, origin);
  }
  return saved.length;
};

/**
 * Applies what is due on one call. Where another commit comes in between, that one has applied it: every
 * command does so first.
 */
export const settleCall = async (parts: EngineParts, callId: string): Promise<void> => {
  const loaded = await parts.store.load(callId);
  if (loaded === null) return;
  const decision = decide(loaded.call, { name: 'pass_time' }, loaded.now);
  const decided = { ...decision, before: loaded.call, version: loaded.version };
  await save(parts, decided, originOf('deadline'), {});
};
