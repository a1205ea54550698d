import type { Logger, Metrics } from '@ringline/platform';
import type { Commit } from '@ringline/store';
import type { Decided, Origin } from '../engine.ts';

const AUTOMATIC = new Set(['deadline', 'reconciler']);

/** Writes one line for each transition. */
export function logTransitions(logger: Logger, commit: Commit, origin: Origin): void {
  for (const event of commit.events) {
    logger.info(event.event, {
      callId: event.callId,
      requestId: origin.requestId,
      ...(origin.traceId !== null && { traceId: origin.traceId }),
      seq: event.seq,
      actor: origin.actor,
      ...('state' in event && { state: event.state }),
      ...('userId' in event && { userId: event.userId, participant: event.participant.state }),
      ...('reason' in event && { reason: event.reason }),
    });
  }
}

/** Counts each committed transition once. */
export function measureTransitions(
  metrics: Metrics,
  decided: Decided,
  commit: Commit,
  origin: Origin,
): void {
  const { call } = decided;
  for (const event of decided.events) {
    if (event.name === 'call:started') {
      metrics.callsStarted.inc({ type: call.type, mode: call.mode });
    }
    if (event.name === 'call:ended') {
      metrics.callsFinished.inc({ state: event.state, reason: event.reason });
    }
    if (
      event.name === 'call:state_changed' &&
      event.at === call.connectedAt &&
      call.answeredAt !== null
    ) {
      metrics.callSetup.observe((event.at - call.answeredAt) / 1000);
    }
  }
  const rang = commit.outbox.some(({ event }) => event === 'call:incoming');
  if (rang && !AUTOMATIC.has(origin.actor)) {
    metrics.ringDelivery.observe((performance.now() - origin.receivedAt) / 1000);
  }
}
