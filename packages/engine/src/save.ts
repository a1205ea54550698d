import { invitationChanges } from '@ringline/domain';
import type { Commit, CommitResult } from '@ringline/store';
import { runEffects } from './effects.ts';
import type { Attached, Decided, Engine, Origin } from './engine.ts';
import { toIdempotentResult } from './idempotency.ts';
import { type Device, toOutbox } from './outbox.ts';
import { logTransitions, measureTransitions } from './transitions.ts';
import { toWireEvents } from './wire.ts';

function getActingDevice(origin: Origin): Device | null {
  const userId = origin.actor.startsWith('user:') ? origin.actor.slice('user:'.length) : null;
  return userId === null || origin.deviceId === null ? null : { userId, deviceId: origin.deviceId };
}

/** The commit of a decision: rows, wire events and outbox, all from the same events. */
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

/** A commit that was published, and whether Redis has taken it. */
export interface Published {
  /** Null where there was nothing to tell. */
  outboxId: string | null;
  accepted: Promise<void>;
}

/** After the commit: tell the devices, log, measure, and let LiveKit follow. */
export function publishCommit(
  parts: Engine,
  decided: Decided,
  { commit, outboxId }: { commit: Commit; outboxId: string | null },
  origin: Origin,
): Published {
  const taken = parts.publisher.publish(commit.outbox);
  measureTransitions(parts.metrics, decided, commit, origin);
  logTransitions(parts.logger, commit, origin);
  runEffects(parts, decided.call, decided.effects);
  return { outboxId, accepted: taken };
}

/** Forgets what Redis has taken. The outbox keeps everything else for the cleanup worker. */
export function clearOutbox({ store, background }: Engine, told: readonly Published[]): void {
  const outboxIds = told.map(({ outboxId }) => outboxId);
  background.run('clearing the outbox', { outboxIds }, async () => {
    const outcomes = await Promise.allSettled(told.map(({ accepted: taken }) => taken));
    const done = outboxIds.filter((_, index) => outcomes[index]?.status === 'fulfilled');
    await store.clearOutbox(done.filter((id) => id !== null));
  });
}

function hasSomethingToSave(decided: Decided, attached: Attached): boolean {
  return (
    decided.events.length > 0 ||
    (decided.refusedBusy ?? []).length > 0 ||
    attached.idempotency !== undefined ||
    attached.webhook !== undefined
  );
}

/** Commits a decision and tells of it; a decision that changes nothing is not written. */
export async function save(
  parts: Engine,
  decided: Decided,
  origin: Origin,
  attached: Attached,
): Promise<CommitResult['outcome']> {
  if (!hasSomethingToSave(decided, attached)) {
    runEffects(parts, decided.call, decided.effects);
    return 'committed';
  }
  const commit = toCommit(decided, origin, attached);
  const result = await parts.store.commit(commit);
  if (result.outcome === 'committed') {
    const { outboxId } = result;
    clearOutbox(parts, [publishCommit(parts, decided, { commit, outboxId }, origin)]);
  }
  return result.outcome;
}
