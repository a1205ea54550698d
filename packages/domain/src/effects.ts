import type { TrackKind } from '@ringline/contract/states';
/**
 * What LiveKit is to be told after the commit. Each is idempotent, and whatever is lost with a process
 * the reconciler finds again.
 */
export type Effect =
  | { name: 'create_room' }
  | { name: 'delete_room' }
  /** Removes the user, if they are still out when it is carried out. */
  | { name: 'remove_participant'; userId: string }
  | { name: 'mute'; userId: string; kind: TrackKind };
