import type { Engine } from '@ringline/engine';

/** How LiveKit and our calls can differ; the labels of `ringline_reconcile_drift_total`. */
type Drift =
  | 'lost_room'
  | 'unreadable_room'
  | 'room_of_ended_call'
  | 'unknown_room'
  | 'present_user'
  | 'forbidden_user'
  | 'gone_user';

/** Counts a difference and says in the log where it was. */
export function found(
  { metrics, logger }: Pick<Engine, 'metrics' | 'logger'>,
  kind: Drift,
  where: { callId: string | null; userId?: string },
): void {
  metrics.reconcileDrift.inc({ kind });
  logger.info('the reconciler found a difference', { kind, ...where });
}
