import type { TrackKind } from '@ringline/contract/states';

/**
 * A request to LiveKit that follows the commit. Every effect is idempotent. The reconciler repairs
 * those that a crashed process did not run.
 */
export type Effect =
  | { name: 'create_room' }
  | { name: 'delete_room' }
  /** Removes the user, unless they have rejoined by then. */
  | { name: 'remove_participant'; userId: string }
  | { name: 'mute'; userId: string; kind: TrackKind };
