import { invitationChanges } from '@ringline/domain';
import type { Commit, CommitResult } from '@ringline/store';
import { carryOut } from './effects.ts';
import type { Attached, Decided, EngineParts, Origin } from './engine.ts';
import { idempotentAnswerOf } from './idempotency.ts';
import { type Device, outboxOf } from './outbox.ts';
import { logTransitions, measureTransitions } from './transitions.ts';
import { toWireEvents } from './wire.ts';

const deviceOf = (origin: Origin): Device | null => {
  const userId = origin.actor.startsWith('user:') ? origin.actor.slice('user:'.length) : null;
  return userId === null || origin.deviceId === null ? null : { userId, deviceId: origin.deviceId };
};

/** The commit of a decision: rows, wire events and outbox, all from the same events. */
export const commitOf = (decided: Decided, origin: Origin, attached: Attached): Commit => {
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
};

/** After the commit: tell the devices, log, measure, and let LiveKit follow. */
export const tell = (
  parts: EngineParts,
  decided: Decided,
  commit: Commit,
  origin: Origin,
): void => {
  parts.publisher.publish(commit.outbox);
  measureTransitions(parts.metrics, decided, commit, origin);
  logTransitions(parts.logger, commit, origin);
  carryOut(parts, decided.call, decided.effects);
};

/**
 * Forgets what was told. Without Redis only this replica's sockets have heard: then the outbox keeps it
 * for the cleanup worker.
 */
export const clearOutbox = (
  { publisher, store, background }: EngineParts,
  outboxIds: readonly (string | null)[],
): void => {
  const told = outboxIds.filter((id) => id !== null);
  if (told.length === 0 || !publisher.reachesAll()) return;
  background.run('clearing the outbox', { outboxIds: told }, () => store.clearOutbox(told));
};

const hasSomethingToSave = (decided: Decided, attached: Attached): boolean =>
  decided.events.length > 0 ||
  (decided.refusedBusy ?? []).length > 0 ||
  attached.idempotency !== undefined ||
  attached.report !== undefined;

/** Commits a decision and tells of it; a decision that changes nothing is not written. */
export const save = async (
  parts: EngineParts,
  decided: Decided,
  origin: Origin,
  attached: Attached,
): Promise<CommitResult['outcome']> => {
  if (!hasSomethingToSave(decided, attached)) {
    carryOut(parts, decided.call, decided.effects);
    return 'committed';
  }
  const commit = commitOf(decided, origin, attached);
  const result = await parts.store.commit(commit);
  if (result.outcome === 'committed') {
    tell(parts, decided, commit, origin);
    clearOutbox(parts, [result.outboxId]);
  }
  return result.outcome;
};
