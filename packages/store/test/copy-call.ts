import type { StoreFixture } from './store-fixture.ts';

/** Inserts numbered copies of a call, each with its own users (`ann-1` and so on). */
export async function copyCall(
  { query }: StoreFixture,
  callId: string,
  from: number,
  to: number,
): Promise<void> {
  await query(
    `INSERT INTO calls SELECT copy.* FROM calls, generate_series($2::int, $3::int) AS n,
       LATERAL jsonb_populate_record(calls, jsonb_build_object(
         'id', md5(n::text)::uuid, 'room_name', room_name || n, 'initiator_id', initiator_id || '-' || n
       )) AS copy
     WHERE calls.id = $1`,
    [callId, from, to],
  );
  await query(
    `INSERT INTO call_participants SELECT copy.*
     FROM call_participants AS original, generate_series($2::int, $3::int) AS n,
       LATERAL jsonb_populate_record(original, jsonb_build_object(
         'call_id', md5(n::text)::uuid, 'user_id', user_id || '-' || n, 'invited_by', invited_by || '-' || n
       )) AS copy
     WHERE original.call_id = $1`,
    [callId, from, to],
  );
}
