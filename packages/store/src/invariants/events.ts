import { IN_SCOPE, LIVE_CALL, type QueryInvariant } from './invariant.ts';

export const eventInvariants: readonly QueryInvariant[] = [
  {
    name: 'events-have-no-gap',
    holds:
      'The events of a call are numbered from 1 to its seq without a gap, until retention deletes them.',
    sql: `
      SELECT calls.id AS call_id, format(
        'the call is at seq %s and has %s events, the last numbered %s', seq, stored.number, stored.last
      ) AS detail
      FROM calls CROSS JOIN LATERAL (
        SELECT count(*) AS number, coalesce(max(seq), 0) AS last FROM call_events WHERE call_id = calls.id
      ) AS stored
      WHERE ${IN_SCOPE} AND created_at > $3 AND (stored.number <> seq OR stored.last <> seq)`,
  },
  {
    name: 'nothing-follows-the-end',
    holds: 'No event follows call:ended.',
    sql: `
      SELECT calls.id AS call_id,
        format('event %s, %s, follows call:ended, which is event %s', later.seq, later.event, ended.seq) AS detail
      FROM calls
      JOIN call_events AS ended ON ended.call_id = calls.id AND ended.event = 'call:ended'
      JOIN call_events AS later ON later.call_id = calls.id AND later.seq > ended.seq
      WHERE ${IN_SCOPE}`,
  },
  {
    name: 'end-is-as-announced',
    holds:
      'A call has ended if its last event is call:ended, with the state, reason, user and time of that event.',
    sql: `
      SELECT calls.id AS call_id, format(
        'the call is %s (%s, by %s, at %s); event %s is %s', calls.state, coalesce(end_reason, 'null'),
        coalesce(ended_by, 'null'), coalesce(ended_at::text, 'null'), last.seq,
        CASE last.event WHEN 'call:ended' THEN left((last.payload::jsonb - 'call')::text, 300) ELSE last.event END
      ) AS detail
      FROM calls JOIN call_events AS last ON last.call_id = calls.id AND last.seq = calls.seq
      WHERE ${IN_SCOPE} AND CASE
        WHEN last.event <> 'call:ended' THEN NOT ${LIVE_CALL}
        ELSE (calls.state, end_reason, ended_by, ended_at, duration_seconds) IS DISTINCT FROM (
          payload ->> 'state', payload ->> 'reason', payload ->> 'endedBy',
          (payload ->> 'at')::timestamptz, (payload ->> 'durationSeconds')::integer
        )
      END`,
  },
];
