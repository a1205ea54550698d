import { type Engine, isRoomOfCall } from '@ringline/engine';
import { closeLeftOverRooms } from './left-over-rooms.ts';
import { type DoubtedSessions, lookIntoLiveRooms } from './live-rooms.ts';

/** What one look found that only a second look in a row makes believed. */
export interface Suspicions {
  /** Names of rooms that no call is known for: a start makes its room before its commit. */
  unknownRooms: ReadonlySet<string>;
  /** LiveKit's lists lag behind. */
  sessions: DoubtedSessions;
}

export const NO_SUSPICIONS: Suspicions = {
  unknownRooms: new Set(),
  sessions: { gone: [], listed: [] },
};

/**
 * Compares the rooms of LiveKit with our calls, and lets everything that differs go through the machine. Rejects where
 * LiveKit or Postgres does not answer: then nothing is known, and nobody is held for gone.
 */
export async function look(
  parts: Engine,
  before: Suspicions,
  stopping: AbortSignal,
): Promise<Suspicions> {
  // In this order: a call that was live before LiveKit was asked has had its room made, so a room that is not listed is lost.
  const live = await parts.store.listLiveRooms();
  const listed = new Set((await parts.media.listRooms()).filter(isRoomOfCall));
  const liveNames = new Set(live.map(({ roomName }) => roomName));
  const leftOver = [...listed].filter((roomName) => !liveNames.has(roomName));
  return {
    unknownRooms: await closeLeftOverRooms(parts, leftOver, before.unknownRooms),
    sessions: await lookIntoLiveRooms(parts, live, listed, before.sessions, stopping),
  };
}
