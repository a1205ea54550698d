import type { Engine } from '@ringline/engine';

/** The labels of `ringline_reconcile_drift_total`. */
type Drift =
  | 'lost_room'
  | 'unreadable_room'
  | 'room_of_ended_call'
  | 'unknown_room'
  | 'present_user'
  | 'forbidden_user'
  | 'gone_user';

/** Counts and logs a difference between LiveKit and our calls. */
export function reportDrift(
  { metrics, logger }: Pick<Engine, 'metrics' | 'logger'>,
  kind: Drift,
  where: { callId: string | null; userId?: string },
): void {
  metrics.reconcileDrift.inc({ kind });
  logger.info('the reconciler found a difference', { kind, ...where });
}
