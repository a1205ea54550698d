import { decide, type Instant } from '@ringline/domain';
import { createOrigin, type Decided, type Engine } from './engine.ts';
import { clearOutbox, publishCommit, save, toCommit } from './save.ts';

async function expireBatch(parts: Engine, limit: number): Promise<number> {
  const origin = createOrigin('deadline');
  const decisions = new Map<string, { decided: Decided; now: Instant }>();
  const saved = await parts.store.commitExpired(limit, ({ call, version, now }) => {
    const decision = decide(call, { name: 'expire_deadlines' }, now);
    if (decision.events.length === 0) return null;
    const decided: Decided = { ...decision, before: call, version };
    decisions.set(call.id, { decided, now });
    return toCommit(decided, origin, {});
  });
  const told = saved.map(({ commit, outboxId }) => {
    const decision = decisions.get(commit.call.id);
    if (decision === undefined) throw new Error('a due call was committed that nobody decided');
    const { decided, now } = decision;
    for (const { at } of decided.events) {
      parts.metrics.deadlineLateness.observe(Math.max(0, now - at) / 1000);
    }
    return publishCommit(parts, decided, { commit, outboxId }, origin);
  });
  clearOutbox(parts, told);
  return saved.length;
}

/**
 * Applies what is due, on up to `limit` calls in one transaction. Any number of workers may do this at
 * once: each call is decided by one of them. People wait to hear of it, and nobody for LiveKit to close the
 * rooms of calls decided before. Returns how many calls were decided.
 */
export function expireDueCalls(parts: Engine, limit: number): Promise<number> {
  return parts.background.ahead(() => expireBatch(parts, limit));
}

/**
 * Applies what is due on one call. Where another commit comes in between, that one has applied it: every
 * command does so first.
 */
export async function expireCall(parts: Engine, callId: string): Promise<void> {
  const loaded = await parts.store.load(callId);
  if (loaded === null) return;
  const decision = decide(loaded.call, { name: 'expire_deadlines' }, loaded.now);
  const decided = { ...decision, before: loaded.call, version: loaded.version };
  await save(parts, decided, createOrigin('deadline'), {});
}
