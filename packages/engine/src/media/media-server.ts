import type { TrackKind } from '@ringline/contract';
import type { MediaSession } from '@ringline/domain';

/** How long LiveKit keeps an empty room, in seconds. */
export interface RoomTimeouts {
  emptySeconds: number;
  departureSeconds: number;
}

export interface RoomParticipant {
  userId: string;
  session: MediaSession;
}

/**
 * The port to LiveKit. Every method is idempotent: creating an existing room and removing an absent
 * user succeed. A method rejects if LiveKit does not answer, or answers with an unexpected error.
 */
export interface MediaServer {
  createRoom(roomName: string, timeouts: RoomTimeouts): Promise<void>;
  /** Creates a lost room again, or lists it again if only LiveKit's Redis has lost it. */
  restoreRoom(roomName: string, timeouts: RoomTimeouts): Promise<void>;
  deleteRoom(roomName: string): Promise<void>;
  /**
   * Resolves once the user is out of the room, even if LiveKit's Redis has lost them. `others` are
   * users who should be in the room.
   */
  removeParticipant(roomName: string, userId: string, others: readonly string[]): Promise<void>;
  /**
   * Resolves once LiveKit has muted the user's tracks of this kind. Waits two seconds for a user in
   * the room without a listed track: they may be publishing it.
   */
  mute(roomName: string, userId: string, kind: TrackKind): Promise<void>;
  listRooms(): Promise<string[]>;
  /** The users with established media, without recorders and those who are still connecting. */
  listParticipants(roomName: string): Promise<RoomParticipant[]>;
  /** Resolves if LiveKit accepts our credentials. */
  ping(): Promise<void>;
}
