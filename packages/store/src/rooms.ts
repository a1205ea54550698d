import type { LiveCallState } from '@ringline/domain';
import type { Queries } from './database.ts';
import { statement } from './statement.ts';

/** A room that LiveKit should have. */
export interface LiveRoom {
  callId: string;
  roomName: string;
  state: LiveCallState;
}

/** The rooms of all live calls. */
export function listLiveRooms(db: Queries): Promise<LiveRoom[]> {
  return db.rows(
    `SELECT id AS "callId", room_name AS "roomName", state FROM active_calls ORDER BY room_name`,
  );
}

const FIND_CALLS_BY_ROOM = statement(
  'find_calls_by_room',
  `SELECT room_name AS "roomName", id AS "callId", ended_at IS NULL AS live
   FROM calls WHERE room_name = ANY ($1::text[])`,
);

/** The calls of these rooms, live or ended, by the name of the room. Rooms of no call are left out. */
export async function findCallsByRoom(
  db: Queries,
  roomNames: readonly string[],
): Promise<Map<string, { callId: string; live: boolean }>> {
  const rows = await db.rows<{ roomName: string; callId: string; live: boolean }>(
    FIND_CALLS_BY_ROOM,
    [roomNames],
  );
  return new Map(rows.map(({ roomName, ...call }) => [roomName, call]));
}

export async function findCallByRoom(db: Queries, roomName: string): Promise<string | null> {
  return (await findCallsByRoom(db, [roomName])).get(roomName)?.callId ?? null;
}

const IS_ALLOWED_IN = statement(
  'is_allowed_in',
  `SELECT FROM active_calls JOIN call_participants ON call_participants.call_id = active_calls.id
   WHERE room_name = $1 AND user_id = $2
     AND call_participants.state IN ('joining', 'joined', 'reconnecting')`,
);

/** For the join guard: whether the room's call is live and the user is in it, past the accept. */
export async function isAllowedIn(db: Queries, roomName: string, userId: string): Promise<boolean> {
  const rows = await db.rows(IS_ALLOWED_IN, [roomName, userId]);
  return rows.length > 0;
}
