import { IN_SCOPE, LIVE_CALL, type QueryInvariant } from './invariant.ts';

export const eventInvariants: readonly QueryInvariant[] = [
  {
    name: 'events-have-no-gap',
    holds:
      'The events of a call are numbered from 1 to its seq without a gap, for as long as events are kept.',
    sql: `
      SELECT calls.id AS call_id, format(
        'the call is at seq %s and has %s events, the last numbered %s', seq, kept.number, kept.last
      ) AS detail
      FROM calls CROSS JOIN LATERAL (
        SELECT count(*) AS number, coalesce(max(seq), 0) AS last FROM call_events WHERE call_id = calls.id
      ) AS kept
      WHERE ${IN_SCOPE} AND created_at > $3 AND (kept.number <> seq OR kept.last <> seq)`,
  },
  {
    name: 'nothing-follows-the-end',
    holds: 'No event follows call:ended, and so there is one at most.',
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
      'A call is over if its last event is call:ended, and as that event says: state, reason, by whom, when.',
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
