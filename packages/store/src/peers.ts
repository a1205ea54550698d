import type { Call, Participant } from '@ringline/domain';
import type { Queries } from './database.ts';
import { statement } from './statement.ts';

/** The fields of a participant that decide whether messages may be relayed to them. */
export interface Peer extends Pick<Participant, 'userId' | 'state' | 'barred' | 'deviceId'> {
  call: Pick<Call, 'state'>;
}

const FIND_PEERS = statement(
  'find_peers',
  `SELECT json_build_object(
     'userId', user_id, 'state', call_participants.state, 'barred', barred,
     'deviceId', device_id, 'call', json_build_object('state', calls.state)
   ) AS peer
   FROM call_participants JOIN calls ON calls.id = call_id
   WHERE call_id = $1 AND user_id = ANY ($2::text[])`,
);

/** Finds those of the users who are participants of the call, in any state. */
export async function findPeers(
  db: Queries,
  callId: string,
  userIds: readonly string[],
): Promise<Peer[]> {
  const rows = await db.rows<{ peer: Peer }>(FIND_PEERS, [callId, userIds]);
  return rows.map(({ peer }) => peer);
}
