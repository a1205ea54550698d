import { invitationChanges } from '@ringline/domain';
import type { Commit, CommitResult } from '@ringline/store';
import { carryOut } from './effects.ts';
import type { Attached, Decided, EngineParts, Origin } from './engine.ts';
import { idempotentAnswerOf } from './idempotency.ts';
import { type Device, outboxOf } from './outbox.ts';
import { logTransitions, measureTransitions } from './transitions.ts';
import { toWireEvents } from './wire.ts';

function deviceOf(origin: Origin): Device | null {
  const userId = origin.actor.startsWith('user:') ? origin.actor.slice('user:'.length) : null;
  return userId === null || origin.deviceId === null ? null : { userId, deviceId: origin.deviceId };
}

/** The commit of a decision: rows, wire events and outbox, all from the same events. */
export function commitOf(decided: Decided, origin: Origin, attached: Attached): Commit {
  const { before, version, call, events } = decided;
  const wireEvents = toWireEvents(before, events);
  return {
    expectedVersion: version,
    call,
    events: wireEvents,
    invitations: invitationChanges(before, events),
    outbox: outboxOf(decided, wireEvents, deviceOf(origin)),
    actor: origin.actor,
    requestId: origin.requestId,
    idempotency: idempotentAnswerOf(decided, attached),
    report: attached.report ?? null,
  };
}

/** A commit that was published, and whether Redis has taken it. */
export interface Told {
  /** Null where there was nothing to tell. */
  outboxId: string | null;
  taken: Promise<void>;
}

/** After the commit: tell the devices, log, measure, and let LiveKit follow. */
export function tell(
  parts: EngineParts,
  decided: Decided,
  { commit, outboxId }: { commit: Commit; outboxId: string | null },
  origin: Origin,
): Told {
  const taken = parts.publisher.publish(commit.outbox);
  measureTransitions(parts.metrics, decided, commit, origin);
  logTransitions(parts.logger, commit, origin);
  carryOut(parts, decided.call, decided.effects);
  return { outboxId, taken };
}

/** Forgets what Redis has taken. The outbox keeps everything else for the cleanup worker. */
export function clearOutbox({ store, background }: EngineParts, told: readonly Told[]): void {
  const outboxIds = told.map(({ outboxId }) => outboxId);
  background.run('clearing the outbox', { outboxIds }, async () => {
    const outcomes = await Promise.allSettled(told.map(({ taken }) => taken));
    const done = outboxIds.filter((_, index) => outcomes[index]?.status === 'fulfilled');
    await store.clearOutbox(done.filter((id) => id !== null));
  });
}

function hasSomethingToSave(decided: Decided, attached: Attached): boolean {
  return (
    decided.events.length > 0 ||
    (decided.refusedBusy ?? []).length > 0 ||
    attached.idempotency !== undefined ||
    attached.report !== undefined
  );
}

/** Commits a decision and tells of it; a decision that changes nothing is not written. */
export async function save(
  parts: EngineParts,
  decided: Decided,
  origin: Origin,
  attached: Attached,
): Promise<CommitResult['outcome']> {
  if (!hasSomethingToSave(decided, attached)) {
    carryOut(parts, decided.call, decided.effects);
    return 'committed';
  }
  const commit = commitOf(decided, origin, attached);
  const result = await parts.store.commit(commit);
  if (result.outcome === 'committed') {
    const { outboxId } = result;
    clearOutbox(parts, [tell(parts, decided, { commit, outboxId }, origin)]);
  }
  return result.outcome;
}
