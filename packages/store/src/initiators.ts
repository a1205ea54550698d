import type { Queries } from './database.ts';

/** Who has started a call that nobody has answered yet. */
export interface UnansweredInitiator {
  callId: string;
  userId: string;
  /** The device that started it; null if it did not say which one it is. */
  deviceId: string | null;
}

const COLUMNS = `call_id AS "callId", user_id AS "userId", device_id AS "deviceId"`;
const UNANSWERED = `FROM call_participants JOIN calls ON calls.id = call_id
  WHERE user_id = initiator_id AND answered_at IS NULL
    AND call_participants.state IN ('joining', 'joined', 'reconnecting')`;

/** Which of these users wait for an answer. */
export function listUnansweredInitiators(
  db: Queries,
  userIds: readonly string[],
): Promise<UnansweredInitiator[]> {
  return db.rows<UnansweredInitiator>(
    `SELECT ${COLUMNS} ${UNANSWERED} AND user_id = ANY ($1::text[])`,
    [userIds],
  );
}

/** Those who wait for an answer and whose device has no socket, as far as anybody has said. */
export function listDisconnectedInitiators(db: Queries): Promise<UnansweredInitiator[]> {
  return db.rows<UnansweredInitiator>(
    `SELECT ${COLUMNS} ${UNANSWERED} AND disconnected_at IS NOT NULL`,
  );
}
