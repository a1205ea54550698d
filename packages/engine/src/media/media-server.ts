import type { TrackKind } from '@ringline/contract';
import type { MediaSession } from '@ringline/domain';

/** How long LiveKit keeps a room that nobody is in, in seconds. */
export interface RoomTimeouts {
  emptySeconds: number;
  departureSeconds: number;
}

export interface RoomParticipant {
  userId: string;
  session: MediaSession;
}

/**
 * The port to LiveKit. Everything is idempotent: what is gone already counts as removed, what is there
 * already as made. A rejection means that LiveKit did not answer, or not as it should.
 */
export interface MediaServer {
  createRoom(roomName: string, timeouts: RoomTimeouts): Promise<void>;
  /** For a room that LiveKit has lost: makes it again, or makes it known again if only LiveKit's Redis has lost it. */
  restoreRoom(roomName: string, timeouts: RoomTimeouts): Promise<void>;
  deleteRoom(roomName: string): Promise<void>;
  /** Resolves once the user is out, whatever LiveKit's Redis knows of them. `others` are users who should be in the room. */
  removeParticipant(roomName: string, userId: string, others: readonly string[]): Promise<void>;
  /**
   * Resolves once LiveKit has muted what the user publishes of this kind. Waits two seconds for a user in the room of whom
   * nothing is listed: it may be on its way.
   */
  mute(roomName: string, userId: string, kind: TrackKind): Promise<void>;
  listRooms(): Promise<string[]>;
  /** People whose media stands: who is still connecting is not in the room yet, and recorders are no users. */
  listParticipants(roomName: string): Promise<RoomParticipant[]>;
  /** Resolves when LiveKit answers to our credentials. */
  ping(): Promise<void>;
}
