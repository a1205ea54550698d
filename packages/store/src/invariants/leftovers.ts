import type { QueryInvariant } from './invariant.ts';

export const leftoverInvariants: readonly QueryInvariant[] = [
  {
    name: 'outbox-is-sent-within-ten-seconds',
    holds: 'The outbox contains no entry that is older than ten seconds.',
    sql: `
      SELECT call_id, format('entry %s is from %s', id, created_at) AS detail
      FROM outbox WHERE created_at < $2::timestamptz - interval '10 seconds'`,
  },
  {
    name: 'idempotency-key-refers-to-a-call',
    holds: 'Every Idempotency-Key refers to a call that exists.',
    sql: `
      SELECT call_id, format('a key of %s from %s', user_id, created_at) AS detail
      FROM idempotency_keys WHERE call_id IS NOT NULL AND NOT EXISTS (SELECT FROM calls WHERE id = call_id)`,
  },
  {
    name: 'quality-sample-is-of-a-participant',
    holds: 'Every quality sample is of a participant of its call.',
    // Samples may be retained for longer than calls.
    sql: `
      SELECT sample.call_id, format('%s reported and is not a participant', sample.user_id) AS detail
      FROM (
        SELECT DISTINCT call_id, user_id FROM call_quality_metrics
        WHERE arrived_at >= greatest($1::timestamptz, $4::timestamptz)
      ) AS sample
      LEFT JOIN call_participants USING (call_id, user_id)
      WHERE call_participants.call_id IS NULL`,
  },
  {
    name: 'quality-sample-is-kept-once',
    holds: 'Every quality sample is stored once.',
    sql: `
      SELECT call_id, format(
        'a sample of %s (%s) from %s is stored %s times', user_id, direction, measured_at, count(*)
      ) AS detail
      FROM call_quality_metrics
      WHERE arrived_at >= $1
      GROUP BY call_id, user_id, direction, measured_at, jitter_ms, packet_loss_percent, round_trip_ms,
        bandwidth_kbps, audio_level, fps, width, height, codec, freeze_count
      HAVING count(*) > 1`,
  },
];
