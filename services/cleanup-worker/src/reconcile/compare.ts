import { type Engine, isRoomOfCall } from '@ringline/engine';
import type { Lease } from '../lease.ts';
import { deleteLeftOverRooms } from './left-over-rooms.ts';
import { compareLiveRooms, type UnconfirmedSessions } from './live-rooms.ts';

/** Differences that count only if the next comparison finds them again. */
export interface Unconfirmed {
  /** Rooms without a call, since a start creates its room before it commits. */
  unknownRooms: ReadonlySet<string>;
  /** Sessions, since LiveKit's lists lag behind. */
  sessions: UnconfirmedSessions;
}

export const NOTHING_UNCONFIRMED: Unconfirmed = {
  unknownRooms: new Set(),
  sessions: { missing: [], stale: [] },
};

/**
 * Compares LiveKit's rooms with our calls and gives every difference to the state machine as a
 * command. Ends early when the lease is lost. Rejects if LiveKit or Postgres does not answer: then
 * nothing is known, and no participant counts as missing.
 */
export async function compareWithLiveKit(
  engine: Engine,
  lease: Lease,
  before: Unconfirmed,
  stopping: AbortSignal,
): Promise<Unconfirmed> {
  // Calls are read first. Each of them already has a room, so a room that LiveKit does not list is
  // lost.
  const live = await engine.store.listLiveRooms();
  const listed = new Set((await engine.media.listRooms()).filter(isRoomOfCall));
  const liveNames = new Set(live.map(({ roomName }) => roomName));
  const leftOver = [...listed].filter((roomName) => !liveNames.has(roomName));
  return {
    unknownRooms: await deleteLeftOverRooms(engine, lease, leftOver, before.unknownRooms),
    sessions: await compareLiveRooms(engine, lease, {
      rooms: live,
      listed,
      before: before.sessions,
      stopping,
    }),
  };
}
