import { type Engine, isRoomOfCall } from '@ringline/engine';
import type { Lease } from '../lease.ts';
import { deleteLeftOverRooms } from './left-over-rooms.ts';
import { type DoubtedSessions, lookIntoLiveRooms } from './live-rooms.ts';

/** What a look found that only a second look in a row confirms. */
export interface Suspicions {
  /** Rooms without a call: a start makes its room before it commits. */
  unknownRooms: ReadonlySet<string>;
  /** LiveKit's lists lag behind. */
  sessions: DoubtedSessions;
}

export const NO_SUSPICIONS: Suspicions = {
  unknownRooms: new Set(),
  sessions: { gone: [], listed: [] },
};

/**
 * Compares LiveKit's rooms with our calls and gives every difference to the state machine as a command. Ends early when the lease
 * is lost. Rejects if LiveKit or Postgres does not answer: then nothing is known, and nobody counts as gone.
 */
export async function look(
  engine: Engine,
  lease: Lease,
  before: Suspicions,
  stopping: AbortSignal,
): Promise<Suspicions> {
  // The order matters: a call that was live before LiveKit is asked has a room, so a missing room is lost.
  const live = await engine.store.listLiveRooms();
  const listed = new Set((await engine.media.listRooms()).filter(isRoomOfCall));
  const liveNames = new Set(live.map(({ roomName }) => roomName));
  const leftOver = [...listed].filter((roomName) => !liveNames.has(roomName));
  return {
    unknownRooms: await deleteLeftOverRooms(engine, lease, leftOver, before.unknownRooms),
    sessions: await lookIntoLiveRooms(engine, lease, {
      rooms: live,
      listed,
      before: before.sessions,
      stopping,
    }),
  };
}
