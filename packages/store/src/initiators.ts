import type { Queries } from './database.ts';
import { statement } from './statement.ts';

/** The initiator of a call that has not been answered. */
export interface UnansweredInitiator {
  callId: string;
  userId: string;
  /** The device that started the call. Null if the request named no device. */
  deviceId: string | null;
}

const SELECT_UNANSWERED = `
  SELECT call_id AS "callId", user_id AS "userId", device_id AS "deviceId"
  FROM call_participants JOIN calls ON calls.id = call_id
  WHERE user_id = initiator_id AND answered_at IS NULL
    AND call_participants.state IN ('joining', 'joined', 'reconnecting')`;

const LIST_UNANSWERED = statement(
  'list_unanswered_initiators',
  `${SELECT_UNANSWERED} AND user_id = ANY ($1::text[])`,
);
const LIST_DISCONNECTED = statement(
  'list_disconnected_initiators',
  `${SELECT_UNANSWERED} AND disconnected_at IS NOT NULL`,
);

/** Lists those of the users who started a call that is not answered yet. */
export function listUnansweredInitiators(
  db: Queries,
  userIds: readonly string[],
): Promise<UnansweredInitiator[]> {
  return db.rows(LIST_UNANSWERED, [userIds]);
}

/** Lists initiators of unanswered calls whose device was reported without a socket. */
export function listDisconnectedInitiators(db: Queries): Promise<UnansweredInitiator[]> {
  return db.rows(LIST_DISCONNECTED);
}
