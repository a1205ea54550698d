import type { LiveCallState } from '@ringline/domain';
import type { Queries } from './database.ts';

/** A room that LiveKit is to have. */
export interface LiveRoom {
  callId: string;
  roomName: string;
  state: LiveCallState;
}

/** The rooms of all live calls. */
export function listLiveRooms(db: Queries): Promise<LiveRoom[]> {
  return db.rows<LiveRoom>(
    `SELECT id AS "callId", room_name AS "roomName", state FROM active_calls ORDER BY room_name`,
  );
}

/** The calls that these rooms were made for, live or over; rooms that are none of ours are left out. */
export async function findCallsByRoom(
  db: Queries,
  roomNames: readonly string[],
): Promise<Map<string, { callId: string; live: boolean }>> {
  const rows = await db.rows<{ roomName: string; callId: string; live: boolean }>(
    `SELECT room_name AS "roomName", id AS "callId", ended_at IS NULL AS live
     FROM calls WHERE room_name = ANY ($1::text[])`,
    [roomNames],
  );
  return new Map(rows.map(({ roomName, ...call }) => [roomName, call]));
}

export async function findCallByRoom(db: Queries, roomName: string): Promise<string | null> {
  return (await findCallsByRoom(db, [roomName])).get(roomName)?.callId ?? null;
}

/** For the join guard: whether the room's call is live and the user is in it, past the accept. */
export async function isAllowedIn(db: Queries, roomName: string, userId: string): Promise<boolean> {
  const rows = await db.rows(
    `SELECT FROM active_calls JOIN call_participants ON call_participants.call_id = active_calls.id
     WHERE room_name = $1 AND user_id = $2
       AND call_participants.state IN ('joining', 'joined', 'reconnecting')`,
    [roomName, userId],
  );
  return rows.length > 0;
}
