import type { LiveCallState } from '@ringline/domain';
import type { Queries } from './database.ts';
import { statement } from './statement.ts';

/** The room of an active call, which LiveKit should have. */
export interface LiveRoom {
  callId: string;
  roomName: string;
  state: LiveCallState;
}

/** Lists the rooms of all active calls. */
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

/** Finds the calls of these rooms, active or ended, by room name. Unknown rooms are left out. */
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

/** For the join guard: returns whether the room's call is active and the user is in the call. */
export async function isAllowedIn(db: Queries, roomName: string, userId: string): Promise<boolean> {
  const rows = await db.rows(IS_ALLOWED_IN, [roomName, userId]);
  return rows.length > 0;
}
