import { ACTIVE_PARTICIPANT, IN_SCOPE, LIVE_CALL, type QueryInvariant } from './invariant.ts';

export const participantInvariants: readonly QueryInvariant[] = [
  {
    name: 'one-active-call-per-user',
    holds:
      'A user is active (invited, ringing, joining, joined or reconnecting) in one call at most.',
    sql: `
      SELECT (array_agg(call_id ORDER BY call_id))[1] AS call_id, format(
        '%s is active in %s calls: %s', user_id, count(*), string_agg(call_id::text, ', ' ORDER BY call_id)
      ) AS detail
      FROM call_participants WHERE ${ACTIVE_PARTICIPANT}
      GROUP BY user_id HAVING count(*) > 1`,
  },
  {
    name: 'ended-call-has-no-active-participant',
    holds: 'An ended call has no active participant.',
    sql: `
      SELECT calls.id AS call_id,
        format('%s is still %s in a call that is %s', user_id, call_participants.state, calls.state) AS detail
      FROM call_participants JOIN calls ON calls.id = call_participants.call_id
      WHERE ${ACTIVE_PARTICIPANT} AND NOT ${LIVE_CALL}`,
  },
  {
    name: 'initiator-is-a-participant',
    holds: 'The user who started a call is one of its participants.',
    sql: `
      SELECT calls.id AS call_id, format('%s is not a participant', initiator_id) AS detail
      FROM calls
      WHERE ${IN_SCOPE} AND NOT EXISTS (
        SELECT FROM call_participants WHERE call_id = calls.id AND user_id = calls.initiator_id
      )`,
  },
  {
    name: 'one-call-per-room',
    holds: 'Two calls never share a room name.',
    sql: `
      SELECT calls.id AS call_id, format('call %s has the same room', other.id) AS detail
      FROM calls JOIN calls AS other ON other.room_name = calls.room_name AND other.id <> calls.id
      WHERE ${IN_SCOPE}`,
  },
];
