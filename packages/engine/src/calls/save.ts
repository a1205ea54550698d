import { invitationChanges } from '@ringline/domain';
import type { Commit, CommitResult } from '@ringline/store';
import { type Device, toOutbox } from '../delivery/messages.ts';
import type { Attached, Decided, Engine, Origin } from '../engine.ts';
import { toWireEvents } from '../wire.ts';
import { runEffects } from './effects.ts';
import { toIdempotentResult } from './idempotency.ts';
import { logTransitions, measureTransitions } from './transition-log.ts';

function getActingDevice({ actor, deviceId }: Origin): Device | null {
  const userId = actor.startsWith('user:') ? actor.slice('user:'.length) : null;
  return userId === null || deviceId === null ? null : { userId, deviceId };
}

/** The rows, public events and outbox messages of a decision. */
export function toCommit(decided: Decided, origin: Origin, attached: Attached): Commit {
  const { before, version, call, events } = decided;
  const wireEvents = toWireEvents(before, events);
  return {
    expectedVersion: version,
    call,
    events: wireEvents,
    invitations: invitationChanges(before, events),
    outbox: toOutbox(decided, wireEvents, getActingDevice(origin)),
    actor: origin.actor,
    requestId: origin.requestId,
    idempotency: toIdempotentResult(decided, attached),
    webhook: attached.webhook ?? null,
  };
}

/** A decision that was committed. */
export interface Committed {
  decided: Decided;
  commit: Commit;
  /** Null if the commit publishes nothing. */
  outboxId: string | null;
}

/**
 * Publishes commits, then clears from the outbox what Redis has accepted. The worker publishes the
 * rest.
 */
function publish(
  { publisher, store, backgroundTasks }: Engine,
  committed: readonly Committed[],
): void {
  const published = committed.map(({ commit: { outbox }, outboxId }) => ({
    outboxId,
    accepted: publisher.publish(outbox),
  }));
  const outboxIds = published.map(({ outboxId }) => outboxId);
  backgroundTasks.run('clearing the outbox', { outboxIds }, async () => {
    const results = await Promise.allSettled(published.map(({ accepted }) => accepted));
    const accepted = outboxIds.filter((_, index) => results[index]?.status === 'fulfilled');
    await store.clearOutbox(accepted.filter((id) => id !== null));
  });
}

/** Publishes, measures and logs the commits, and runs their effects. */
export function afterCommit(engine: Engine, committed: readonly Committed[], origin: Origin): void {
  publish(engine, committed);
  for (const { decided, commit } of committed) {
    measureTransitions(engine.metrics, decided, commit, origin);
    logTransitions(engine.logger, commit, origin);
    runEffects(engine, decided.call, decided.effects);
  }
}

function hasSomethingToSave(decided: Decided, attached: Attached): boolean {
  return (
    decided.events.length > 0 ||
    (decided.refusedBusy ?? []).length > 0 ||
    attached.idempotency !== undefined ||
    attached.webhook !== undefined
  );
}

/** A decision that changes nothing counts as committed. */
export type Saved = { outcome: 'committed' } | Exclude<CommitResult, { outcome: 'committed' }>;

/**
 * Commits a decision, publishes it and runs its effects. A decision that changes nothing is not
 * written.
 */
export async function save(
  engine: Engine,
  decided: Decided,
  origin: Origin,
  attached: Attached,
): Promise<Saved> {
  if (!hasSomethingToSave(decided, attached)) {
    runEffects(engine, decided.call, decided.effects);
    return { outcome: 'committed' };
  }
  const commit = toCommit(decided, origin, attached);
  const result = await engine.store.commit(commit);
  if (result.outcome === 'committed') {
    afterCommit(engine, [{ decided, commit, outboxId: result.outboxId }], origin);
  }
  return result;
}
